#include "kerberos/preauth.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, PaEncTsEnc& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.patimestamp = read_time(fields, 0);
  if (fields.at(context(1))) out.pausec = read_microseconds(fields, 1);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const PaEncTsEnc& timestamp) {
  const std::size_t mark = writer.size();
  write_optional_integer(writer, 1, timestamp.pausec);
  write_time(writer, 0, timestamp.patimestamp);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, EtypeInfoEntry& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.etype = fields.read_int32_field(context(0));
  if (fields.at(context(1))) out.salt = fields.read_field(context(1), der::octet_string);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const EtypeInfoEntry& entry) {
  const std::size_t mark = writer.size();
  if (entry.salt) writer.field(context(1), der::octet_string, *entry.salt);
  writer.integer_field(context(0), entry.etype);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, EtypeInfo2Entry& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.etype = fields.read_int32_field(context(0));
  if (fields.at(context(1))) out.salt = fields.read_field(context(1), der::general_string);
  if (fields.at(context(2))) out.s2kparams = fields.read_field(context(2), der::octet_string);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const EtypeInfo2Entry& entry) {
  const std::size_t mark = writer.size();
  if (entry.s2kparams) writer.field(context(2), der::octet_string, *entry.s2kparams);
  if (entry.salt) writer.field(context(1), der::general_string, *entry.salt);
  writer.integer_field(context(0), entry.etype);
  writer.close(der::sequence, mark);
}

}  // namespace ferryman::kerberos
