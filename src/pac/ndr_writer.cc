#include "pac/ndr_writer.h"

#include <stdexcept>
#include <utility>

#include "pac/ndr_reader.h"

namespace ferryman::pac {
namespace {

constexpr std::uint32_t version_1_little_endian = 0x00081001, filler = 0xcccccccc,
                        first_referent = 0x00020000;
constexpr std::size_t length_at = 8, header_size = 16, pointer_size = sizeof(std::uint32_t),
                      object_alignment = 8, usual_size = 1024;

}  // namespace

NdrWriter::NdrWriter() : next_referent_(first_referent) {
  out_.reserve(usual_size);
  writer_.u32(version_1_little_endian);
  writer_.u32(filler);
  writer_.u64(0);  // the length, which finish() fills in, and a filler
  pointer(true);
}

std::uint32_t NdrWriter::count_of(std::size_t elements) {
  if (elements > NdrReader::max_elements) throw std::length_error("an NDR array of too many elements");
  return static_cast<std::uint32_t>(elements);
}

void NdrWriter::pointer(bool there) {
  number(there ? next_referent_ : 0U);
  if (there) next_referent_ += pointer_size;
}

void NdrWriter::time(std::uint64_t value) {
  writer_.align(sizeof(std::uint32_t));
  writer_.u64(value);
}

void NdrWriter::string(const std::optional<std::u16string>& value, bool terminated) {
  const std::size_t units = value ? value->size() : 0, room = value && terminated ? units + 1 : units;
  if (units > max_units) throw std::length_error("an RPC_UNICODE_STRING of more than 65,532 octets");
  writer_.align(pointer_size);
  writer_.u16(static_cast<std::uint16_t>(sizeof(char16_t) * units));
  writer_.u16(static_cast<std::uint16_t>(sizeof(char16_t) * room));
  pointer(value.has_value());
  if (!value) return;
  deferred_.push_back([this, &value, room] {
    number(static_cast<std::uint32_t>(room));
    writer_.u32(0);
    writer_.u32(static_cast<std::uint32_t>(value->size()));
    for (const char16_t unit : *value) writer_.u16(unit);
  });
}

void NdrWriter::sid(const Sid& value) {
  pointer(true);
  deferred_.push_back([this, &value] {
    number(static_cast<std::uint32_t>(value.sub_authorities().size()));
    value.append_to(out_);
  });
}

void NdrWriter::sid(const std::optional<Sid>& value) {
  if (value) return sid(*value);
  pointer(false);
}

void NdrWriter::write_deferred() {
  const auto now = std::exchange(deferred_, {});
  for (const auto& write : now) {
    write();
    write_deferred();
  }
}

Octets NdrWriter::finish() {
  write_deferred();
  writer_.align(object_alignment);
  store_le(std::span(out_).subspan(length_at), static_cast<std::uint32_t>(out_.size() - header_size));
  return std::move(out_);
}

}  // namespace ferryman::pac
