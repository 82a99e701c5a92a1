#include "base/text.h"

#include <array>
#include <cstdint>

namespace ferryman {
namespace {

// Controls, and what turns the direction of writing or breaks lines.
bool is_obeyed(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x061c || point == 0x200e ||
         point == 0x200f || (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
         point == 0xfeff;
}

void append_escape(std::string& out, std::uint32_t point) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool octet = point < 0x100;
  out += octet ? "\\x" : "\\u";
  for (int shift = octet ? 4 : 12; shift >= 0; shift -= 4) out += digits[point >> shift & 15];
}

}  // namespace

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

std::uint32_t utf8_code_point(std::string_view sequence) {
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(sequence[i]); };
  constexpr std::array<std::uint8_t, 5> masks{0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t point = octet(0) & masks[sequence.size()];
  for (std::size_t i = 1; i < sequence.size(); ++i) point = point << 6 | (octet(i) & 0x3f);
  return point;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto octet = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (point < 0x80) return octet(point);
  if (point < 0x800) {
    octet(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      octet(0xe0 | point >> 12);
    } else {
      octet(0xf0 | point >> 18);
      octet(0x80 | (point >> 12 & 0x3f));
    }
    octet(0x80 | (point >> 6 & 0x3f));
  }
  octet(0x80 | (point & 0x3f));
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Character take_character(std::string_view& text) {
  const std::size_t length = utf8_length(text);
  const std::string_view octets = text.substr(0, std::max<std::size_t>(length, 1));
  text.remove_prefix(octets.size());
  if (length == 0) return {octets, static_cast<std::uint8_t>(octets[0]), false};
  const std::uint32_t point = utf8_code_point(octets);
  return {octets, point, !is_obeyed(point)};
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character each = take_character(text);
    if (!each.is_harmless) {
      append_escape(out, each.point);
      continue;
    }
    if (each.point == '\\') out += '\\';
    out += each.octets;
  }
  return out;
}

}  // namespace ferryman
