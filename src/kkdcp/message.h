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

// Reads a KDC-PROXY-MESSAGE. Total, linear, without allocation.
Result<Message> parse(Bytes bytes);

// The octets that come before the Kerberos message in an encoding with nothing but kerb-message, which
// is what a server sends [MS-KKDCP 3.2.5.2]. Small enough for the stack; at most 20 octets are used.
struct Header {
  std::uint8_t octets[20];
  std::uint8_t size = 0;
  Bytes bytes() const { return {octets, size}; }
};

// The header for an answer of reply_size octets. Fails with length_too_large above 2^31 octets.
Result<Header> reply_header(std::size_t reply_size, Framing framing);

// Appends a whole encoding to out, as a client sends it. message.framing says whether to add the prefix.
Result<void> append(const Message& message, std::vector<std::uint8_t>& out);

}  // namespace ferryman::kkdcp
