#pragma once

#include <cstdint>
#include <span>

namespace ferryman::kerberos {

// Four octets as Microsoft's structures have their numbers inside Kerberos' ones.
inline std::uint32_t little_endian32(std::span<const std::uint8_t, 4> octets) {
  return octets[0] | static_cast<std::uint32_t>(octets[1]) << 8 |
         static_cast<std::uint32_t>(octets[2]) << 16 | static_cast<std::uint32_t>(octets[3]) << 24;
}

inline void put_little_endian32(std::span<std::uint8_t, 4> room, std::uint32_t value) {
  for (std::uint8_t& octet : room) {
    octet = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
}

}  // namespace ferryman::kerberos
