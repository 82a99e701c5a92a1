#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ferryman {

// A view of bytes that somebody else owns. Every parser here takes one and returns views into it.
using Bytes = std::span<const std::uint8_t>;
// Bytes with an owner.
using Octets = std::vector<std::uint8_t>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace ferryman
