#pragma once

#include <cstdlib>

#include "kerberos/codec.h"

namespace ferryman::kerberos {

// For fuzzers: any octets are a T or a fault inside the input. What was read is written and read again as the
// same. Calls visit with what was read.
template <typename T, typename Visit>
void round_trip(Bytes input, Visit visit) {
  const auto value = parse<T>(input);
  if (!value) {
    if (value.error().offset > input.size()) std::abort();
    return;
  }
  visit(*value);
  const auto octets = encode(*value);
  if (octets.empty()) std::abort();
  const auto again = parse<T>(octets);
  if (!again || encode(*again) != octets) std::abort();
}

template <typename T>
void round_trip(Bytes input) {
  round_trip<T>(input, [](const T&) {});
}

// A list is walked through to its end, in no more than `most` elements.
template <typename List>
void walk(List list, std::size_t most) {
  typename List::Element element;
  for (std::size_t count = 0; list.next(element); ++count) {
    if (count == most) std::abort();
  }
  if (!list.empty()) std::abort();
}

}  // namespace ferryman::kerberos
