#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.h"

namespace ferryman::decode {

// How octets are written down.
enum class Format : std::uint8_t { raw, hex, base64, pcap };

// What the input is, as far as can be seen: a capture by its magic number, text of hexadecimal digits or
// base64, else raw.
Format guess_format(Bytes input);

// The octets of a text; the error is a sentence's end. Hexadecimal digits may be in pairs or all together,
// with 0x, blanks, colons, commas and hyphens between, or be a dump by xxd, hexdump -C, od -tx1 or tcpdump
// -x, with offsets before and characters behind. Base64 (RFC 4648 4 or 5) may be in lines, with those of PEM
// around.
tl::expected<std::vector<std::uint8_t>, std::string> parse_hex(std::string_view text);
tl::expected<std::vector<std::uint8_t>, std::string> parse_base64(std::string_view text);

}  // namespace ferryman::decode
