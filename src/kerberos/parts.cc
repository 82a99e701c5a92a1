#include "kerberos/parts.h"

namespace ferryman::kerberos {

using der::context;

EncryptedData read_encrypted_data(der::Reader& reader) {
  der::Reader parts = reader.enter(der::sequence);
  EncryptedData data;
  data.etype = parts.read_int32_field(context(0));
  if (parts.at(context(1))) data.kvno = parts.read_uint32_field(context(1));
  data.cipher = parts.read_field(context(2), der::octet_string);
  parts.finish_extensible(2);
  return data;
}

EncryptedData read_encrypted_data_field(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const EncryptedData data = read_encrypted_data(field);
  field.finish();
  return data;
}

std::string_view read_realm_field(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const std::string_view realm = field.read_string(der::general_string);
  if (realm.empty()) field.fail(Fault::bad_string);
  field.finish();
  return realm;
}

PrincipalName read_principal_name(der::Reader& reader) {
  der::Reader parts = reader.enter(der::sequence);
  PrincipalName name;
  name.name_type = parts.read_int32_field(context(0));
  der::Reader strings = parts.enter_field(context(1), der::sequence);
  name.name_string = strings.rest();
  while (!strings.empty()) strings.read_string(der::general_string);
  parts.finish_extensible(1);
  return name;
}

PrincipalName read_name_field(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const PrincipalName name = read_principal_name(field);
  field.finish();
  return name;
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
  der::Reader outer = reader.enter(der::application(1));
  der::Reader fields = outer.enter(der::sequence);
  outer.finish();
  Ticket ticket;
  expect_constant(fields, 0, protocol_version);
  ticket.realm = read_realm_field(fields, 1);
  ticket.sname = read_name_field(fields, 2);
  ticket.enc_part = read_encrypted_data_field(fields, 3);
  fields.finish_extensible(3);
  return ticket;
}

ApReq read_ap_req(der::Reader& reader) {
  constexpr std::int32_t msg_type = 14;
  der::Reader outer = reader.enter(der::application(msg_type));
  der::Reader fields = outer.enter(der::sequence);
  outer.finish();
  ApReq ap_req;
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type);
  ap_req.ap_options = fields.read_flags_field(context(2));
  der::Reader ticket = fields.enter(context(3));
  ap_req.ticket = read_ticket(ticket);
  ticket.finish();
  ap_req.authenticator = read_encrypted_data_field(fields, 4);
  fields.finish_extensible(4);
  return ap_req;
}

}  // namespace ferryman::kerberos
