#include "decode/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "decode/node.h"

namespace ferryman::decode {
namespace {

using Octets = std::vector<std::uint8_t>;
constexpr std::string_view blanks = " \t\r\n\f\v";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

bool is_hex(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return hex_digit(c) >= 0; });
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

std::string_view take_word(std::string_view& line, std::string_view separators) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(separators)));
  const std::string_view word = line.substr(0, line.find_first_of(separators));
  line.remove_prefix(word.size());
  return word;
}

// The number before the octets of a dump's line: "00000010:" or "0x0010:", or without colon a longer word
// than the octets have, as hexdump and od write it.
bool is_offset(std::string_view word, std::string_view rest) {
  constexpr std::size_t shortest = 6;
  if (word.ends_with(':')) {
    word.remove_suffix(1);
    if (word.starts_with("0x")) word.remove_prefix(2);
    return word.size() >= 4 && is_hex(word);
  }
  const std::string_view next = take_word(rest, blanks);
  return word.size() >= shortest && is_hex(word) && (next.size() == 2 || next.size() == 4) && is_hex(next);
}

// Appends the octets of one line of a dump. Behind two blanks that follow an octet, or a bar, stand
// characters.
bool append_dump_line(std::string_view line, Octets& out) {
  constexpr std::size_t most = 32;
  std::size_t octets = 0;
  while (octets < most && !line.empty()) {
    std::size_t gap = std::min(line.size(), line.find_first_not_of(blanks));
    const std::string_view after = line.substr(gap);
    if (after.empty() || after[0] == '|') return true;
    // hexdump -C parts its two halves by two blanks as well: there octets go on.
    std::string_view look = after;
    const std::string_view word = take_word(look, blanks);
    if (!is_hex(word) || word.size() % 2 != 0 || (gap > 1 && octets > 0 && word.size() != 2))
      return octets > 0;
    if (gap > 1 && octets > 8) return true;
    for (std::size_t i = 0; i < word.size(); i += 2, ++octets)
      out.push_back(static_cast<std::uint8_t>(hex_digit(word[i]) << 4 | hex_digit(word[i + 1])));
    line = look;
  }
  return true;
}

std::optional<Octets> parse_dump(std::string_view text) {
  Octets out;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view word = take_word(line, blanks);
    if (word.empty() || word == "*") continue;
    if (!is_offset(word, line)) {
      // od and hexdump end with an offset alone.
      const bool end = out.empty() ? false : is_hex(word) && line.find_first_not_of(blanks) == line.npos;
      if (end && word.size() >= 6) continue;
      return std::nullopt;
    }
    if (!append_dump_line(line, out)) return std::nullopt;
  }
  return out;
}

}  // namespace

tl::expected<Octets, std::string> parse_hex(std::string_view text) {
  if (auto dump = parse_dump(text); dump && !dump->empty()) return *dump;
  Octets out;
  int high = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool prefix = c == '0' && i + 1 < text.size() && ascii_lower(text[i + 1]) == 'x';
    if (prefix && high < 0) {
      ++i;
      continue;
    }
    if (c == '\\' && i + 1 < text.size() && ascii_lower(text[i + 1]) == 'x' && high < 0) {
      ++i;
      continue;
    }
    const int digit = hex_digit(c);
    if (digit < 0 && high < 0 && blanks.find(c) != blanks.npos) continue;
    if (digit < 0 && high < 0 && std::string_view(":,-").find(c) != std::string_view::npos) continue;
    if (digit < 0) return tl::unexpected(fmt::format("no hexadecimal digit at character {}", i + 1));
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  if (high >= 0) return tl::unexpected(std::string("an odd number of hexadecimal digits"));
  return out;
}

tl::expected<Octets, std::string> parse_base64(std::string_view text) {
  Octets out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  bool ended = false;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with("-----")) continue;
    for (const char c : line) {
      if (blanks.find(c) != blanks.npos) continue;
      if (c == '=') {
        ended = true;
        continue;
      }
      const int digit = base64_digit(c);
      if (digit < 0 || ended)
        return tl::unexpected(fmt::format("no base64: character \"{}\"", printable({&c, 1})));
      bits = bits << 6 | static_cast<std::uint32_t>(digit);
      count += 6;
      if (count < 8) continue;
      count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  if (count == 6) return tl::unexpected(std::string("no base64: one character is left over"));
  return out;
}

Format guess_format(Bytes input) {
  constexpr std::array<std::array<std::uint8_t, 4>, 5> magics{{{0xd4, 0xc3, 0xb2, 0xa1},
                                                               {0xa1, 0xb2, 0xc3, 0xd4},
                                                               {0x4d, 0x3c, 0xb2, 0xa1},
                                                               {0xa1, 0xb2, 0x3c, 0x4d},
                                                               {0x0a, 0x0d, 0x0d, 0x0a}}};
  for (const auto& magic : magics) {
    if (input.size() >= magic.size() && std::equal(magic.begin(), magic.end(), input.begin()))
      return Format::pcap;
  }
  const auto is_text = [](std::uint8_t c) { return (c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r'); };
  if (input.empty() || !std::all_of(input.begin(), input.end(), is_text)) return Format::raw;
  if (parse_hex(as_text(input))) return Format::hex;
  return parse_base64(as_text(input)) ? Format::base64 : Format::raw;
}

}  // namespace ferryman::decode
