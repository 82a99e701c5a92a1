#include "decode/ndr.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>

#include "decode/node.h"

namespace ferryman::decode {

void NdrReader::align(std::size_t octets) {
  this->octets((octets - at_ % octets) % octets);
}

Bytes NdrReader::octets(std::size_t count) {
  if (!ok_ || count > left()) {
    ok_ = false;
    return {};
  }
  at_ += count;
  return input_.subspan(at_ - count, count);
}

std::uint16_t NdrReader::u16() {
  const Bytes bytes = octets(2);
  return ok_ ? static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8) : 0;
}

std::uint32_t NdrReader::u32() {
  const std::uint32_t low = u16();
  return low | static_cast<std::uint32_t>(u16()) << 16;
}

std::uint64_t NdrReader::u64() {
  const std::uint64_t low = u32();
  return low | static_cast<std::uint64_t>(u32()) << 32;
}

std::uint32_t NdrReader::count(std::size_t element_size) {
  align(sizeof(std::uint32_t));
  const std::uint32_t count = u32();
  if (count > left() / element_size || count > max_elements) ok_ = false;
  return ok_ ? count : 0;
}

std::string NdrReader::string() {
  align(sizeof(std::uint32_t));
  u32();  // maximum
  const std::uint32_t offset = u32(), actual = u32();
  if (offset != 0) ok_ = false;
  return printable_utf16(octets(std::size_t{2} * actual));
}

std::string NdrReader::sid() {
  constexpr std::size_t head = 8;
  const std::uint32_t subauthorities = count(sizeof(std::uint32_t));
  const Bytes bytes = octets(head + sizeof(std::uint32_t) * subauthorities);
  std::string text = ok_ && bytes[1] == subauthorities ? sid_text(bytes) : std::string();
  if (text.empty()) ok_ = false;
  return text;
}

std::string sid_text(Bytes bytes) {
  constexpr std::size_t head = 8, authority_at = 2, most = 15;
  if (bytes.size() < head) return {};
  const std::size_t subauthorities = bytes[1];
  if (bytes[0] != 1 || subauthorities > most || bytes.size() < head + 4 * subauthorities) return {};
  std::uint64_t authority = 0;
  for (const std::uint8_t octet : bytes.subspan(authority_at, head - authority_at))
    authority = authority << 8 | octet;
  std::string text = fmt::format("S-1-{}", authority);
  NdrReader reader(bytes.subspan(head));
  for (std::size_t i = 0; i < subauthorities; ++i)
    fmt::format_to(std::back_inserter(text), "-{}", reader.u32());
  return text;
}

std::string file_time_text(std::uint64_t time) {
  constexpr std::uint64_t never = 0x7fffffffffffffff, per_second = 10'000'000, to_unix = 11'644'473'600;
  constexpr std::uint64_t last = 253'402'300'799;  // the year 9999 ends
  if (time == 0) return {};
  if (time >= never) return "never";
  const std::uint64_t seconds = time / per_second;
  if (seconds < to_unix || seconds - to_unix > last) return fmt::format("{:#x}", time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds - to_unix)));
}

}  // namespace ferryman::decode
