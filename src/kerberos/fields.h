#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "der/reader.h"
#include "der/writer.h"

namespace ferryman::kerberos {

// Explicitly tagged fields of the protocol's own types, for read() and write() of the structures
// (kerberos/codec.h). Those called optional do nothing where the field is absent or the value is empty.

// Any T that has read() and write().
template <typename T>
void read_field(der::Reader& fields, unsigned number, T& out) {
  der::Reader field = fields.enter(der::context(number));
  read(field, out);
  field.finish();
}
template <typename T>
void write_field(der::Writer& writer, unsigned number, const T& value) {
  const std::size_t mark = writer.size();
  write(writer, value);
  writer.close(der::context(number), mark);
}
template <typename T>
void read_optional_field(der::Reader& fields, unsigned number, std::optional<T>& out) {
  if (fields.at(der::context(number))) read_field(fields, number, out.emplace());
}
template <typename T>
void write_optional_field(der::Writer& writer, unsigned number, const std::optional<T>& value) {
  if (value) write_field(writer, number, *value);
}

// KerberosTime as seconds since 1970 (kerberos/time.h).
std::int64_t read_time(der::Reader& fields, unsigned number);
void write_time(der::Writer& writer, unsigned number, std::int64_t seconds);
std::optional<std::int64_t> read_optional_time(der::Reader& fields, unsigned number);
void write_optional_time(der::Writer& writer, unsigned number, std::optional<std::int64_t> seconds);

// Microseconds: 0 to 999999.
std::int32_t read_microseconds(der::Reader& fields, unsigned number);

// UInt32 as peers write it: also as the negative Int32 of the same 32 bits.
std::optional<std::uint32_t> read_optional_uint32(der::Reader& fields, unsigned number);
void write_optional_integer(der::Writer& writer, unsigned number, std::optional<std::int64_t> value);

// Realm, of at most limits::max_realm octets. Heimdal leaves that of a hidden client empty.
std::string_view read_realm(der::Reader& fields, unsigned number);
std::string_view read_filled_realm(der::Reader& fields, unsigned number);  // of at least one octet
void write_realm(der::Writer& writer, unsigned number, std::string_view realm);

// OCTET STRING; an empty view stands for an absent one.
Bytes read_optional_octets(der::Reader& fields, unsigned number);
void write_optional_octets(der::Writer& writer, unsigned number, Bytes octets);

}  // namespace ferryman::kerberos
