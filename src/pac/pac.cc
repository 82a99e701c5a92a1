#include "pac/pac.h"

#include <algorithm>

#include "base/endian.h"

namespace ferryman::pac {
namespace {

constexpr std::size_t header_size = 8, entry_size = 16;

}  // namespace

Result<std::vector<BufferEntry>> read_entries(Bytes pac) {
  LittleEndianReader reader(pac);
  const std::uint32_t count = reader.u32(), version = reader.u32();
  if (reader.ok() && version != 0) return tl::unexpected(Error{Fault::wrong_value, sizeof(count)});
  if (count > max_buffers) return tl::unexpected(Error{Fault::too_many});
  std::vector<BufferEntry> entries;
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const auto at = static_cast<std::uint32_t>(reader.offset());
    const std::uint32_t type = reader.u32(), size = reader.u32();
    entries.push_back({type, size, reader.u64(), at});
  }
  if (!reader.ok()) return tl::unexpected(reader.error());
  return entries;
}

Result<Pac> Pac::parse(Bytes octets) {
  const auto entries = read_entries(octets);
  if (!entries) return tl::unexpected(entries.error());
  const std::size_t first = header_size + entry_size * entries->size();
  Pac pac;
  pac.octets_ = octets;
  for (const BufferEntry& entry : *entries) {
    const auto refused = [&entry](Fault fault) { return tl::unexpected(Error{fault, entry.at}); };
    if (!entry.is_inside(octets)) return refused(Fault::truncated);
    if (entry.offset < first || entry.offset % alignment != 0) return refused(Fault::wrong_value);
    const auto collides = [&entry](const Buffer& other) {
      const bool apart =
          entry.offset >= other.offset + other.octets.size() || other.offset >= entry.offset + entry.size;
      return entry.type == other.type || !apart;
    };
    if (std::any_of(pac.buffers_.begin(), pac.buffers_.end(), collides)) return refused(Fault::wrong_value);
    pac.buffers_.push_back({entry.type, static_cast<std::size_t>(entry.offset), entry.in(octets)});
  }
  return pac;
}

const Buffer* Pac::find(BufferType type) const {
  const auto found = std::find_if(buffers_.begin(), buffers_.end(),
                                  [=](const Buffer& buffer) { return buffer.type == type; });
  return found == buffers_.end() ? nullptr : &*found;
}

}  // namespace ferryman::pac
