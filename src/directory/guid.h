#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ferryman::directory {

// A GUID, random (RFC 4122 4.4), its octets in the order in which its text has them. Two kinds of them, so
// that the one is never passed for the other.
struct Guid {
  static constexpr std::size_t size = 16;

  std::array<std::uint8_t, size> octets{};

  Bytes bytes() const { return octets; }
  // "6f9619ff-8b86-4011-b42d-00c04fc964ff".
  std::string text() const;

  friend auto operator<=>(const Guid&, const Guid&) = default;
};

Guid random_guid();
// In the form of text(), in any case.
std::optional<Guid> guid_of_text(std::string_view text);

struct TenantId : Guid {};
// Of an account or a group.
struct ObjectId : Guid {};

}  // namespace ferryman::directory
