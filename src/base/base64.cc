#include "base/base64.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ferryman {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view for_urls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 64;

using Values = std::array<std::uint8_t, 256>;

constexpr Values values_of(std::string_view digits) {
  Values values{};
  for (std::uint8_t& value : values) value = no_digit;
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
  return values;
}

constexpr Values standard_values = values_of(standard), url_values = values_of(for_urls);

// Without padding.
void append(std::string& text, Bytes octets, std::string_view digits) {
  const std::size_t begin = text.size(), whole = octets.size() / 3, rest = octets.size() % 3;
  text.resize(begin + whole * 4 + (rest != 0 ? rest + 1 : 0));
  char* to = text.data() + begin;
  const std::uint8_t* from = octets.data();
  for (const std::uint8_t* const end = from + whole * 3; from != end; from += 3) {
    const std::uint32_t bits = std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | from[2];
    *to++ = digits[bits >> 18];
    *to++ = digits[bits >> 12 & 63];
    *to++ = digits[bits >> 6 & 63];
    *to++ = digits[bits & 63];
  }
  if (rest == 0) return;
  const std::uint32_t bits = std::uint32_t{from[0]} << 16 | (rest == 2 ? std::uint32_t{from[1]} << 8 : 0U);
  for (std::size_t i = 0; i <= rest; ++i) *to++ = digits[bits >> (18 - 6 * i) & 63];
}

std::size_t decoded_size(std::string_view text) {
  return text.size() / 4 * 3 + text.size() % 4 * 3 / 4;
}

// Of what has no padding. octets: decoded_size() of them.
bool decode(std::string_view text, const Values& values, std::span<std::uint8_t> octets) {
  if (text.size() % 4 == 1) return false;
  std::size_t at = 0;
  std::uint32_t bits = 0;
  unsigned count = 0;  // bits that are not in octets yet
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(c)];
    if (value == no_digit) return false;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets[at++] = static_cast<std::uint8_t>(bits >> count);
    bits &= (1U << count) - 1;
  }
  return bits == 0;
}

// Nothing where the padding is not what belongs there.
std::optional<std::string_view> without_padding(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  return text;
}

}  // namespace

std::string base64_of(Bytes octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  append_base64(text, octets);
  return text;
}

void append_base64(std::string& text, Bytes octets) {
  append(text, octets, standard);
  text.append((3 - octets.size() % 3) % 3, '=');
}

std::string base64url_of(Bytes octets) {
  std::string text;
  text.reserve((octets.size() * 4 + 2) / 3);
  append(text, octets, for_urls);
  return text;
}

std::optional<Octets> octets_of_base64(std::string_view text) {
  const auto digits = without_padding(text);
  if (!digits) return std::nullopt;
  Octets octets(decoded_size(*digits));
  if (!decode(*digits, standard_values, octets)) return std::nullopt;
  return octets;
}

std::optional<Secret> secret_of_base64(std::string_view text) {
  const auto digits = without_padding(text);
  if (!digits) return std::nullopt;
  Secret octets(decoded_size(*digits));
  if (!decode(*digits, standard_values, octets.writable())) return std::nullopt;
  return octets;
}

std::optional<Octets> octets_of_base64url(std::string_view text) {
  Octets octets(decoded_size(text));
  if (!decode(text, url_values, octets)) return std::nullopt;
  return octets;
}

}  // namespace ferryman
