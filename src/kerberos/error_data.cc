#include "kerberos/error_data.h"

#include "kerberos/fields.h"
#include "kerberos/little_endian.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, TypedDatum& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.type = fields.read_int32_field(context(0));
  out.value = read_optional_octets(fields, 1);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const TypedDatum& datum) {
  const std::size_t mark = writer.size();
  write_optional_octets(writer, 1, datum.value);
  writer.integer_field(context(0), datum.type);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, KerbErrorData& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.type = fields.read_int32_field(context(1));
  out.value = read_optional_octets(fields, 2);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const KerbErrorData& data) {
  const std::size_t mark = writer.size();
  write_optional_octets(writer, 2, data.value);
  writer.integer_field(context(1), data.type);
  writer.close(der::sequence, mark);
}

std::optional<KerbExtError> parse_kerb_ext_error(Bytes value) {
  if (value.size() != KerbExtError::size) return std::nullopt;
  return KerbExtError{little_endian32(value.first<4>()), little_endian32(value.last<4>())};
}

std::array<std::uint8_t, KerbExtError::size> octets_of(const KerbExtError& error) {
  std::array<std::uint8_t, KerbExtError::size> octets{};
  const std::span room(octets);
  put_little_endian32(room.first<4>(), error.status);
  put_little_endian32(room.last<4>(), error.flags);
  return octets;
}

}  // namespace ferryman::kerberos
