#include "base/utf16.h"

#include "base/endian.h"
#include "base/text.h"

namespace ferryman {
namespace {

constexpr char32_t first_supplementary = 0x10000, high_first = 0xd800, low_first = 0xdc00, low_end = 0xe000;

constexpr bool is_high(char32_t unit) {
  return unit >= high_first && unit < low_first;
}
constexpr bool is_low(char32_t unit) {
  return unit >= low_first && unit < low_end;
}

// lone: whether a surrogate stood alone.
std::string convert(std::u16string_view text, bool& lone) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t point = text[i];
    if (is_high(point) && i + 1 < text.size() && is_low(text[i + 1])) {
      point = first_supplementary + ((point - high_first) << 10) + (text[++i] - low_first);
    } else if (is_high(point) || is_low(point)) {
      lone = true;
    }
    append_utf8(out, point);
  }
  return out;
}

}  // namespace

std::optional<std::u16string> utf16_of_utf8(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return std::nullopt;
    std::uint32_t point = utf8_code_point(text.substr(0, length));
    text.remove_prefix(length);
    if (point >= first_supplementary) {
      point -= first_supplementary;
      out.push_back(static_cast<char16_t>(high_first + (point >> 10)));
      point = low_first + (point & 0x3ff);
    }
    out.push_back(static_cast<char16_t>(point));
  }
  return out;
}

std::optional<std::string> utf8_of_utf16(std::u16string_view text) {
  bool lone = false;
  std::string out = convert(text, lone);
  if (lone) return std::nullopt;
  return out;
}

std::string utf8_with_lone_surrogates(std::u16string_view text) {
  bool lone = false;
  return convert(text, lone);
}

std::optional<std::u16string> utf16_of_octets(Bytes octets) {
  if (octets.size() % 2 != 0) return std::nullopt;
  std::u16string units(octets.size() / 2, u'\0');
  for (std::size_t i = 0; i < units.size(); ++i)
    units[i] = static_cast<char16_t>(load_le<std::uint16_t>(octets.subspan(2 * i)));
  return units;
}

}  // namespace ferryman
