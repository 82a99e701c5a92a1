#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ferryman {

// UTF-16, which Microsoft's protocols write in little endian without a mark. What is returned has at most
// one unit for an octet, or three octets for a unit.

// Strict: nothing where it is no UTF-8 (RFC 3629), or a surrogate stands alone.
std::optional<std::u16string> utf16_of_utf8(std::string_view text);
std::optional<std::string> utf8_of_utf16(std::u16string_view text);

// For showing to people: surrogates that stand alone become three octets that are no UTF-8, which printable()
// (base/text.h) escapes.
std::string utf8_with_lone_surrogates(std::u16string_view text);

// The octets as units; nothing where their number is odd.
std::optional<std::u16string> utf16_of_octets(Bytes octets);

}  // namespace ferryman
