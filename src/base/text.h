#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferryman {

constexpr char ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// How realm names (MS-KKDCP 2.2.2), paths and keys compare here: without ASCII case.
inline bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_upper(x) == ascii_upper(y); });
}

// The length of the UTF-8 sequence that starts text, or 0 where it is none (RFC 3629 4).
std::size_t utf8_length(std::string_view text);
// The code point that such a sequence, whole and nothing behind it, stands for.
std::uint32_t utf8_code_point(std::string_view sequence);
// Appends the code point's sequence.
void append_utf8(std::string& out, std::uint32_t point);
bool is_utf8(std::string_view text);

// The first character of a text that somebody else wrote.
struct Character {
  std::string_view octets;
  std::uint32_t point;  // of an octet that is no UTF-8: the octet
  // It may stand on a terminal and in a line of a log. Not so are control characters, those that turn the
  // direction of writing or break lines, and what is no UTF-8.
  bool is_harmless;
};
// text: not empty; it goes on behind the character.
Character take_character(std::string_view& text);

// The text as it may stand on a terminal or in a line of a log: control characters, those that turn the
// direction of writing, and octets that are no UTF-8 become "\\x1b" or "\\u202e", a backslash two.
std::string printable(std::string_view text);

}  // namespace ferryman
