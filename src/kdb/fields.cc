#include "kdb/fields.h"

#include <charconv>
#include <optional>

namespace ferryman::kdb {
namespace {

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<Octets> octets_of(std::string_view hexadecimal) {
  Octets octets;
  octets.reserve(hexadecimal.size() / 2);
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2) {
    const auto high = digit(hexadecimal[i]), low = digit(hexadecimal[i + 1]);
    if (!high || !low) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  return octets;
}

}  // namespace

void Fields::fail(Fault fault) {
  if (ok_) fault_ = fault;
  ok_ = false;
}

std::string_view Fields::text() {
  if (!ok_) return {};
  at_ = next_;
  if (at_ > line_.size()) {
    fail(Fault::truncated);
    return {};
  }
  const std::string_view field = line_.substr(at_, line_.find('\t', at_) - at_);
  next_ = at_ + field.size() + 1;
  return field;
}

std::int64_t Fields::number(std::int64_t least, std::int64_t most) {
  const std::string_view field = text();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool is_number = error == std::errc() && end == field.data() + field.size();
  if (is_number && value >= least && value <= most) return value;
  fail(Fault::wrong_value);
  return 0;
}

Octets Fields::octets(std::size_t size) {
  const std::string_view field = text();
  if (size == 0 && field == "-1") return {};
  auto octets = field.size() == 2 * size && size > 0 ? octets_of(field) : std::nullopt;
  if (octets) return *std::move(octets);
  fail(Fault::wrong_value);
  return {};
}

void Fields::last_octets(std::size_t size) {
  if (ok_ && !line_.ends_with(';')) fail(Fault::truncated);
  if (ok_) line_.remove_suffix(1);
  octets(size);
  if (ok_ && next_ <= line_.size()) fail(Fault::trailing_bytes);
}

}  // namespace ferryman::kdb
