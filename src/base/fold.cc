#include "base/fold.h"

#include <algorithm>

#include "base/text.h"

namespace ferryman {
namespace {

// Capitals from first to last: each `distance` before its small letter; every second one where they
// alternate.
struct Capitals {
  std::uint16_t first, last;
  std::uint16_t distance;
  bool alternate = false;
};

constexpr Capitals table[] = {
    {0x0041, 0x005a, 32},      {0x00c0, 0x00d6, 32},      {0x00d8, 0x00de, 32},
    {0x0100, 0x012e, 1, true}, {0x0132, 0x0136, 1, true}, {0x0139, 0x0147, 1, true},
    {0x014a, 0x0176, 1, true}, {0x0179, 0x017d, 1, true}, {0x0386, 0x0386, 38},
    {0x0388, 0x038a, 37},      {0x038c, 0x038c, 64},      {0x038e, 0x038f, 63},
    {0x0391, 0x03a1, 32},      {0x03a3, 0x03ab, 32},      {0x0400, 0x040f, 80},
    {0x0410, 0x042f, 32},      {0x0460, 0x0480, 1, true}, {0x048a, 0x04be, 1, true},
    {0x04c0, 0x04c0, 15},      {0x04c1, 0x04cd, 1, true}, {0x04d0, 0x052e, 1, true},
    {0x1e00, 0x1e94, 1, true}, {0x1ea0, 0x1efe, 1, true},
};

constexpr std::uint32_t y_diaeresis = 0x178, small_y_diaeresis = 0xff;
constexpr std::uint32_t final_sigma = 0x3c2, small_sigma = 0x3c3;
constexpr std::uint32_t beyond_unicode = 0x110000;

}  // namespace

std::uint32_t fold_case(std::uint32_t point) {
  if (point == y_diaeresis) return small_y_diaeresis;
  if (point == final_sigma) return small_sigma;  // both have one capital
  const auto* range = std::lower_bound(std::begin(table), std::end(table), point,
                                       [](const Capitals& a, std::uint32_t b) { return a.last < b; });
  if (range == std::end(table) || point < range->first) return point;
  const bool capital = !range->alternate || (point - range->first) % 2 == 0;
  return capital ? point + range->distance : point;
}

std::uint32_t take_folded(std::string_view& text) {
  const std::size_t length = utf8_length(text);
  const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
  text.remove_prefix(sequence.size());
  if (length == 0) return beyond_unicode + static_cast<std::uint8_t>(sequence[0]);
  return fold_case(utf8_code_point(sequence));
}

std::optional<std::string> folded(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) append_utf8(out, take_folded(text));
  return out;
}

}  // namespace ferryman
