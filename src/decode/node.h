#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::decode {

// One field of a decoded message, with what is inside it. Every text in it is safe to print: what came from
// the message was escaped.
struct Node {
  std::string name;                    // "cname"
  std::string type;                    // "PrincipalName"
  std::string value;                   // "alice"; of a number its digits
  std::optional<std::int64_t> number;  // of a field that is one
  std::string meaning;                 // of the value: "aes256-cts-hmac-sha1-96"
  std::string note;                    // what was done with it: "opened with the key of HTTP/www@R, kvno 2"
  std::string fault;                   // "octet 12: truncated"; the bytes from there on stand in value
  std::vector<Node> children;
};

bool has_fault(const Node& node);

// A new last child.
Node& add_field(Node& parent, std::string_view name, std::string value, std::string meaning = {});

// "wrong value".
std::string in_words(Fault fault);

// UTF-16 as printable() would have it; of octets, in little endian, one that is left over is not shown.
std::string printable_utf16(Bytes text);
std::string printable_utf16(std::u16string_view text);

// Octets that are shown of a long octet string.
inline constexpr std::size_t shown_octets = 64;

// Sets value and meaning of a node for octets: hexadecimal, cut unless full, and their number.
void set_octets(Node& node, Bytes octets, bool full);

std::string ip_address(Bytes address);  // 4 or 16 octets; empty for any other number

}  // namespace ferryman::decode
