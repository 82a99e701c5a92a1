#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::kkdcp {

// Whether kerb-message starts with the 4-octet length of RFC 4120 7.2.2. MS-KKDCP 2.2.2 asks for it;
// Apple's clients before 2024 leave it out and want the answer without.
enum class Framing : std::uint8_t { prefixed, bare };

// KDC-PROXY-MESSAGE [MS-KKDCP 2.2.2]. Views into the bytes it was read from.
struct Message {
  Bytes kerb_message;  // the Kerberos message itself, its length prefix removed
  Framing framing = Framing::prefixed;
  std::optional<std::string_view> target_domain;
  std::optional<std::uint32_t> dclocator_hint;
};

// Reads a KDC-PROXY-MESSAGE. Total, linear, without allocation. What is decided here:
// - DER only: indefinite and non-minimal lengths are refused, as are trailing bytes, unknown fields, fields
//   twice or out of order.
// - target-domain is a GeneralString; UTF8String, IA5String and PrintableString are taken as well. Control
//   octets in it are refused. An empty one counts as absent.
// - dclocator-hint may be any 32 bits, written as Int32 or UInt32.
// - kerb-message of up to 4 octets holds nothing. A prefix that is the length of the rest is a prefix.
//   Without one the message must begin as a Kerberos message does, or be kpasswd with its own length.
//   Anything else is a wrong prefix.
Result<Message> parse(Bytes bytes);

// The octets that come before the Kerberos message in an encoding with nothing but kerb-message, which
// is what a server sends [MS-KKDCP 3.2.5.2]. Small enough for the stack; at most 22 octets are used.
struct Header {
  std::uint8_t octets[24];
  std::uint8_t size = 0;
  Bytes bytes() const { return {octets, size}; }
};

// The header for an answer of reply_size octets. Fails with length_too_large above 2^31 octets.
Result<Header> reply_header(std::size_t reply_size, Framing framing);

// Appends a whole encoding to out, as a client sends it. message.framing says whether to add the prefix.
Result<void> append(const Message& message, std::vector<std::uint8_t>& out);

}  // namespace ferryman::kkdcp
