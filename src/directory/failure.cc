#include "directory/failure.h"

namespace ferryman::directory {

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::not_found:
      return "not_found";
    case Reason::already_exists:
      return "already_exists";
    case Reason::invalid:
      return "invalid";
    case Reason::wrong_master_key:
      return "wrong_master_key";
    case Reason::damaged:
      return "damaged";
    case Reason::wrong_version:
      return "wrong_version";
    case Reason::full:
      return "full";
    case Reason::read_only:
      return "read_only";
    case Reason::busy:
      return "busy";
    case Reason::unavailable:
      return "unavailable";
  }
  return "";
}

}  // namespace ferryman::directory
