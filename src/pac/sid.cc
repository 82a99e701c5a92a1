#include "pac/sid.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "base/endian.h"

namespace ferryman::pac {
namespace {

constexpr std::uint8_t revision = 1;
constexpr std::size_t authority_size = 6;
constexpr std::uint64_t authority_end = std::uint64_t{1} << 48, decimal_end = std::uint64_t{1} << 32;

// Takes digits off the front; in hexadecimal behind 0x where that is allowed.
std::optional<std::uint64_t> take_number(std::string_view& text, bool may_be_hexadecimal) {
  const bool hexadecimal = may_be_hexadecimal && (text.starts_with("0x") || text.starts_with("0X"));
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

Sid::Sid(std::uint64_t authority, std::span<const std::uint32_t> sub_authorities)
    : authority_(authority), count_(sub_authorities.size()) {
  if (count_ > max_sub_authorities) throw std::length_error("a SID of more than 15 sub-authorities");
  std::copy(sub_authorities.begin(), sub_authorities.end(), sub_authorities_.begin());
}

Result<Sid> Sid::parse(Bytes octets) {
  LittleEndianReader reader(octets);
  if (reader.u8() != revision) reader.fail(Fault::wrong_value);
  const std::size_t count = reader.u8();
  if (count > max_sub_authorities) reader.fail(Fault::wrong_value);
  std::uint64_t authority = 0;
  for (const std::uint8_t octet : reader.octets(authority_size)) authority = authority << 8 | octet;
  std::array<std::uint32_t, max_sub_authorities> sub_authorities{};
  for (std::size_t i = 0; i < count && reader.ok(); ++i) sub_authorities[i] = reader.u32();
  if (reader.left() > 0) reader.fail(Fault::trailing_bytes);
  if (!reader.ok()) return tl::unexpected(reader.error());
  return Sid(authority, std::span(sub_authorities).first(count));
}

std::optional<Sid> Sid::of_text(std::string_view text) {
  if (!text.starts_with("S-1-") && !text.starts_with("s-1-")) return std::nullopt;
  text.remove_prefix(4);
  const auto authority = take_number(text, true);
  if (!authority || *authority >= authority_end) return std::nullopt;
  std::vector<std::uint32_t> sub_authorities;
  while (!text.empty()) {
    if (text.front() != '-') return std::nullopt;
    text.remove_prefix(1);
    const auto number = take_number(text, false);
    if (!number || *number >= decimal_end || sub_authorities.size() == max_sub_authorities)
      return std::nullopt;
    sub_authorities.push_back(static_cast<std::uint32_t>(*number));
  }
  return Sid(*authority, sub_authorities);
}

void Sid::append_to(Octets& out) const {
  LittleEndianWriter writer(out);
  writer.u8(revision);
  writer.u8(static_cast<std::uint8_t>(count_));
  std::array<std::uint8_t, sizeof(authority_)> authority{};
  store_be(std::span(authority), authority_);
  writer.octets(Bytes(authority).last(authority_size));
  for (const std::uint32_t sub_authority : sub_authorities()) writer.u32(sub_authority);
}

std::string Sid::text() const {
  // MS-DTYP 2.4.2.1: hexadecimal where 32 bits do not hold it.
  std::string text =
      authority_ < decimal_end ? fmt::format("S-1-{}", authority_) : fmt::format("S-1-0x{:012x}", authority_);
  for (const std::uint32_t sub_authority : sub_authorities())
    fmt::format_to(std::back_inserter(text), "-{}", sub_authority);
  return text;
}

Sid Sid::with_rid(std::uint32_t rid) const {
  Sid member = *this;
  if (count_ == max_sub_authorities) throw std::length_error("no room for a relative identifier");
  member.sub_authorities_[member.count_++] = rid;
  return member;
}

std::optional<std::uint32_t> Sid::rid_in(const Sid& domain) const {
  if (count_ != domain.count_ + 1) return std::nullopt;
  const std::uint32_t rid = sub_authorities_[count_ - 1];
  if (domain.with_rid(rid) != *this) return std::nullopt;
  return rid;
}

}  // namespace ferryman::pac
