#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ferryman {

// A GUID (RFC 4122), its octets in the order in which its text has them.
struct Guid {
  static constexpr std::size_t size = 16;

  std::array<std::uint8_t, size> octets{};

  Bytes bytes() const { return octets; }
  // "6f9619ff-8b86-4011-b42d-00c04fc964ff".
  std::string text() const;
  // In the packet form [MS-DTYP] 2.3.4.2, which turns the first three groups around.
  std::array<std::uint8_t, size> packet() const;

  friend auto operator<=>(const Guid&, const Guid&) = default;
};

// In the form of text(), in any case.
std::optional<Guid> guid_of_text(std::string_view text);
Guid guid_of_packet(std::span<const std::uint8_t, Guid::size> packet);

}  // namespace ferryman
