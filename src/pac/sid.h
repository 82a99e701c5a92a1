#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::pac {

// A security identifier [MS-DTYP 2.4.2]: who somebody is in a domain. A value of 72 octets.
class Sid {
 public:
  static constexpr std::size_t max_sub_authorities = 15, head_size = 8;

  // authority: 48 bits. At most max_sub_authorities, or it throws std::length_error.
  Sid(std::uint64_t authority, std::span<const std::uint32_t> sub_authorities);

  // The packet form [MS-DTYP 2.4.2.2] and nothing else. Faults: truncated, trailing_bytes, wrong_value.
  static Result<Sid> parse(Bytes octets);
  // "S-1-5-21-1-2-3-1104".
  static std::optional<Sid> of_text(std::string_view text);

  std::uint64_t authority() const { return authority_; }
  std::span<const std::uint32_t> sub_authorities() const { return {sub_authorities_.data(), count_}; }
  std::size_t size() const { return head_size + sizeof(std::uint32_t) * count_; }
  void append_to(Octets& out) const;
  std::string text() const;

  // The domain's SID with a relative identifier behind it; throws std::length_error where there is no room.
  Sid with_rid(std::uint32_t rid) const;
  // The relative identifier of one directly in that domain.
  std::optional<std::uint32_t> rid_in(const Sid& domain) const;

  friend bool operator==(const Sid&, const Sid&) = default;

 private:
  std::uint64_t authority_;
  std::size_t count_;
  std::array<std::uint32_t, max_sub_authorities> sub_authorities_{};  // zeros behind count_
};

}  // namespace ferryman::pac
