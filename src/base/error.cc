#include "base/error.h"

namespace ferryman {

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::truncated:
      return "truncated";
    case Fault::trailing_bytes:
      return "trailing_bytes";
    case Fault::wrong_tag:
      return "wrong_tag";
    case Fault::missing_field:
      return "missing_field";
    case Fault::indefinite_length:
      return "indefinite_length";
    case Fault::non_minimal_length:
      return "non_minimal_length";
    case Fault::length_too_large:
      return "length_too_large";
    case Fault::non_minimal_integer:
      return "non_minimal_integer";
    case Fault::integer_range:
      return "integer_range";
    case Fault::bad_string:
      return "bad_string";
    case Fault::bad_time:
      return "bad_time";
    case Fault::too_deep:
      return "too_deep";
    case Fault::too_many:
      return "too_many";
    case Fault::wrong_value:
      return "wrong_value";
    case Fault::wrong_realm:
      return "wrong_realm";
    case Fault::unknown_message:
      return "unknown_message";
    case Fault::no_space:
      return "no_space";
    case Fault::bad_integrity:
      return "bad_integrity";
    case Fault::unsupported:
      return "unsupported";
  }
  return "unknown";
}

}  // namespace ferryman
