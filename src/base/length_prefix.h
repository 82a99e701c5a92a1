#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/endian.h"

namespace ferryman {

// The length before a Kerberos message over TCP (RFC 4120 7.2.2) and in a KDC-PROXY-MESSAGE [MS-KKDCP 2.2.2]:
// four octets, big endian. Its high bit is reserved; what is announced with it set is longer than any limit.
inline constexpr std::size_t length_prefix_size = 4;

// message: begins with the four octets.
constexpr std::uint32_t announced_length(Bytes message) {
  return load_be<std::uint32_t>(message);
}

constexpr std::array<std::uint8_t, length_prefix_size> length_prefix(std::size_t message_size) {
  std::array<std::uint8_t, length_prefix_size> prefix{};
  store_be(std::span(prefix), static_cast<std::uint32_t>(message_size));
  return prefix;
}

}  // namespace ferryman
