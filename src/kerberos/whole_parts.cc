// What kerberos/parts.h has both ways.
#include "kerberos/fields.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

using der::context;

namespace {

// EncryptionKey, Checksum and HostAddress are an Int32 and octets.
void read_pair(der::Reader& reader, std::int32_t& type, Bytes& value) {
  der::Reader fields = reader.enter(der::sequence);
  type = fields.read_int32_field(context(0));
  value = fields.read_field(context(1), der::octet_string);
  fields.finish_extensible(1);
}

void write_pair(der::Writer& writer, std::int32_t type, Bytes value) {
  const std::size_t mark = writer.size();
  writer.field(context(1), der::octet_string, value);
  writer.integer_field(context(0), type);
  writer.close(der::sequence, mark);
}

}  // namespace

void read(der::Reader& reader, EncryptedData& out) {
  out = read_encrypted_data(reader);
}

void write(der::Writer& writer, const EncryptedData& data) {
  const std::size_t mark = writer.size();
  writer.field(context(2), der::octet_string, data.cipher);
  if (data.kvno) writer.integer_field(context(1), static_cast<std::int32_t>(*data.kvno));
  writer.integer_field(context(0), data.etype);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, Ticket& out) {
  der::Reader fields = reader.enter_field(der::application(application_tag::ticket), der::sequence);
  expect_constant(fields, 0, protocol_version);
  out.realm = read_filled_realm(fields, 1);
  read_field(fields, 2, out.sname);
  read_field(fields, 3, out.enc_part);
  fields.finish_extensible(3);
}

void write(der::Writer& writer, const Ticket& ticket) {
  const std::size_t mark = writer.size();
  write_field(writer, 3, ticket.enc_part);
  write_field(writer, 2, ticket.sname);
  write_realm(writer, 1, ticket.realm);
  writer.integer_field(context(0), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(application_tag::ticket), mark);
}

void read(der::Reader& reader, EncryptionKey& out) {
  read_pair(reader, out.type, out.value);
}
void write(der::Writer& writer, const EncryptionKey& key) {
  write_pair(writer, key.type, key.value);
}

void read(der::Reader& reader, Checksum& out) {
  read_pair(reader, out.type, out.value);
}
void write(der::Writer& writer, const Checksum& checksum) {
  write_pair(writer, checksum.type, checksum.value);
}

void read(der::Reader& reader, HostAddress& out) {
  read_pair(reader, out.type, out.address);
}
void write(der::Writer& writer, const HostAddress& address) {
  write_pair(writer, address.type, address.address);
}

}  // namespace ferryman::kerberos
