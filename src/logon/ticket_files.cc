#include "logon/ticket_files.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ferryman::logon {
namespace {

constexpr std::size_t size_octets = 4;

std::array<std::uint8_t, size_octets> octets_of(std::size_t size) {
  return {static_cast<std::uint8_t>(size >> 24U), static_cast<std::uint8_t>(size >> 16U),
          static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
}

std::size_t size_of(Bytes octets) {
  return std::size_t{octets[0]} << 24U | std::size_t{octets[1]} << 16U | std::size_t{octets[2]} << 8U |
         octets[3];
}

}  // namespace

Secret join_files(std::span<const Secret> files) {
  std::size_t size = 0;
  for (const Secret& file : files) size += size_octets + file.size();
  Secret joined(size);
  auto* out = joined.writable().data();
  for (const Secret& file : files) {
    const auto octets = octets_of(file.size());
    out = std::copy(octets.begin(), octets.end(), out);
    out = std::copy(file.bytes().begin(), file.bytes().end(), out);
  }
  return joined;
}

std::optional<std::vector<Bytes>> split_files(Bytes joined) {
  std::vector<Bytes> files;
  while (!joined.empty()) {
    if (joined.size() < size_octets) return std::nullopt;
    const std::size_t size = size_of(joined.first(size_octets));
    joined = joined.subspan(size_octets);
    if (size == 0 || size > joined.size()) return std::nullopt;
    files.push_back(joined.first(size));
    joined = joined.subspan(size);
  }
  if (files.empty()) return std::nullopt;
  return files;
}

}  // namespace ferryman::logon
