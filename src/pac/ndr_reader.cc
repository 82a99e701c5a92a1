#include "pac/ndr_reader.h"

#include <algorithm>
#include <utility>

#include "base/utf16.h"

namespace ferryman::pac {
namespace {

constexpr std::size_t pointer_size = sizeof(std::uint32_t), unit_size = sizeof(char16_t);

}  // namespace

NdrReader::NdrReader(Bytes buffer) : reader_(buffer) {
  constexpr std::uint32_t version_1_little_endian = 0x00081001;
  if (reader_.u32() != version_1_little_endian) reader_.fail(Fault::wrong_value);
  reader_.u32();  // filler
  if (reader_.u32() > reader_.left()) reader_.fail(Fault::truncated);
  reader_.u32();                                             // filler
  if (reader_.u32() == 0) reader_.fail(Fault::wrong_value);  // the pointer to the whole
}

void NdrReader::time(std::uint64_t& value) {
  reader_.align(sizeof(std::uint32_t));
  value = reader_.u64();
}

void NdrReader::octets(std::span<std::uint8_t> value) {
  const Bytes read = reader_.octets(value.size());
  std::copy(read.begin(), read.end(), value.begin());
}

bool NdrReader::pointer() {
  reader_.align(pointer_size);
  return reader_.u32() != 0;
}

bool NdrReader::conformance(std::uint32_t count, std::size_t element_size) {
  reader_.align(sizeof(count));
  if (reader_.u32() != count) reader_.fail(Fault::wrong_value);
  if (count > max_elements) reader_.fail(Fault::too_many);
  if (count > reader_.left() / element_size) reader_.fail(Fault::truncated);
  return reader_.ok();
}

void NdrReader::string(std::optional<std::u16string>& value, bool) {
  std::uint16_t length = 0, maximum = 0;
  reader_.align(pointer_size);
  number(length);
  number(maximum);
  if (length % unit_size != 0 || maximum % unit_size != 0 || length > maximum)
    reader_.fail(Fault::wrong_value);
  value.reset();
  if (!pointer()) {
    if (length != 0) reader_.fail(Fault::wrong_value);
    return;
  }
  deferred_.push_back([this, &value, length, maximum] {
    std::uint32_t room = 0;
    number(room);
    const std::uint32_t offset = reader_.u32(), actual = reader_.u32();
    if (room != maximum / unit_size || offset != 0 || actual != length / unit_size)
      reader_.fail(Fault::wrong_value);
    value = utf16_of_octets(reader_.octets(length));
  });
}

std::optional<Sid> NdrReader::read_sid() {
  std::uint32_t count = 0;
  number(count);
  if (count > Sid::max_sub_authorities) reader_.fail(Fault::wrong_value);
  const auto sid = Sid::parse(reader_.octets(Sid::head_size + sizeof(count) * (reader_.ok() ? count : 0)));
  if (sid) return *sid;
  reader_.fail(Fault::wrong_value);
  return std::nullopt;
}

void NdrReader::sid(std::optional<Sid>& value) {
  value.reset();
  if (pointer()) deferred_.push_back([this, &value] { value = read_sid(); });
}

void NdrReader::sid(Sid& value) {
  if (!pointer()) return reader_.fail(Fault::wrong_value);
  deferred_.push_back([this, &value] {
    if (const auto sid = read_sid()) value = *sid;
  });
}

// What one pointer points at is followed by what that points at.
void NdrReader::read_deferred() {
  const auto now = std::exchange(deferred_, {});
  for (const auto& read : now) {
    if (!reader_.ok()) return;
    read();
    read_deferred();
  }
}

Result<void> NdrReader::finish() {
  read_deferred();
  if (!reader_.ok()) return tl::unexpected(reader_.error());
  return {};
}

}  // namespace ferryman::pac
