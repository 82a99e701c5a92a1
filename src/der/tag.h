#pragma once

#include <cstdint>

namespace ferryman::der {

// An identifier octet (X.690 8.1.2): class, constructed bit, number up to 30. Kerberos has no higher ones.
using Tag = std::uint8_t;

inline constexpr Tag boolean = 0x01, integer = 0x02, bit_string = 0x03, octet_string = 0x04,
                     object_identifier = 0x06, utf8_string = 0x0c, printable_string = 0x13, ia5_string = 0x16,
                     generalized_time = 0x18, general_string = 0x1b, sequence = 0x30;

constexpr Tag context(unsigned number) {
  return static_cast<Tag>(0xa0 | number);
}
constexpr Tag application(unsigned number) {
  return static_cast<Tag>(0x60 | number);
}

}  // namespace ferryman::der
