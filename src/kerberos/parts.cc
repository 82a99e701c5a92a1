#include "kerberos/parts.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

namespace {

using der::context;

EncryptedData encrypted_data(der::Reader fields) {
  EncryptedData data;
  data.etype = fields.read_int32_field(context(0));
  if (fields.at(context(1))) data.kvno = fields.read_uint32_field(context(1));
  data.cipher = fields.read_field(context(2), der::octet_string);
  fields.finish_extensible(2);
  return data;
}

PrincipalName principal_name(der::Reader fields) {
  PrincipalName name;
  name.name_type = fields.read_int32_field(context(0));
  der::Reader strings = fields.enter_field(context(1), der::sequence);
  name.name_string = strings.rest();
  while (!strings.empty()) strings.read_string(der::general_string);
  fields.finish_extensible(1);
  return name;
}

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

EncryptedData read_encrypted_data(der::Reader& reader) {
  return encrypted_data(reader.enter(der::sequence));
}

EncryptedData read_encrypted_data_field(der::Reader& fields, unsigned number) {
  return encrypted_data(fields.enter_field(context(number), der::sequence));
}

std::string_view read_realm_field(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const std::string_view realm = field.read_string(der::general_string);
  if (realm.empty()) field.fail(Fault::bad_string);
  field.finish();
  return realm;
}

PrincipalName read_principal_name(der::Reader& reader) {
  return principal_name(reader.enter(der::sequence));
}

PrincipalName read_name_field(der::Reader& fields, unsigned number) {
  return principal_name(fields.enter_field(context(number), der::sequence));
}

PadataList read_padata_field(der::Reader& fields, unsigned number) {
  der::Reader elements = fields.enter_field(context(number), der::sequence);
  const Bytes all = elements.rest();
  std::uint64_t types = 0;
  while (!elements.empty()) {
    der::Reader padata = elements.enter(der::sequence);
    types |= PadataList::bit(padata.read_int32_field(context(1)));
    padata.read_field(context(2), der::octet_string);
    padata.finish_extensible(2);
  }
  return PadataList(all, types);
}

Ticket read_ticket(der::Reader& reader) {
  der::Reader fields = reader.enter_field(der::application(application_tag::ticket), der::sequence);
  Ticket ticket;
  expect_constant(fields, 0, protocol_version);
  ticket.realm = read_realm_field(fields, 1);
  ticket.sname = read_name_field(fields, 2);
  ticket.enc_part = read_encrypted_data_field(fields, 3);
  fields.finish_extensible(3);
  return ticket;
}

ApReq read_ap_req(der::Reader& reader) {
  der::Reader fields = reader.enter_field(der::application(msg_type::ap_req), der::sequence);
  ApReq ap_req;
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::ap_req);
  ap_req.ap_options = fields.read_flags_field(context(2));
  der::Reader ticket = fields.enter(context(3));
  ap_req.ticket = read_ticket(ticket);
  ticket.finish();
  ap_req.authenticator = read_encrypted_data_field(fields, 4);
  fields.finish_extensible(4);
  return ap_req;
}

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
