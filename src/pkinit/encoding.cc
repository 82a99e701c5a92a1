#include "pkinit/encoding.h"

#include <algorithm>
#include <array>

namespace ferryman::pkinit {

void write_number(der::Writer& writer, Bytes number) {
  const auto first = std::ranges::find_if(number, [](std::uint8_t octet) { return octet != 0; });
  const Bytes significant(first, number.end());
  const std::size_t mark = writer.size();
  writer.bytes(significant);
  if (significant.empty() || significant[0] >= 0x80) writer.bytes(std::array<std::uint8_t, 1>{0});
  writer.close(der::integer, mark);
}

}  // namespace ferryman::pkinit
