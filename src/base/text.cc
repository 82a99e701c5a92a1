#include "base/text.h"

namespace ferryman {

std::size_t utf8_length(std::string_view text) {
  const auto octet = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (octet(i) & 0xc0) == 0x80; };
  const unsigned first = octet(0), second = octet(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0, surrogate = first == 0xed && second >= 0xa0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool outside = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return tail(1) && tail(2) && tail(3) && !outside ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto octet = static_cast<unsigned char>(text.front());
    // U+0080 to U+009F, "\xc2\x80" and on, are control characters as well.
    const bool c1 = octet == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xa0;
    const std::size_t length = utf8_length(text);
    const bool plain = length > 0 && octet >= 0x20 && octet != 0x7f && octet != '\\' && !c1;
    if (plain) {
      out += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    out += "\\x";
    out += digits[octet >> 4];
    out += digits[octet & 15];
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace ferryman
