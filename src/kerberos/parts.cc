#include "kerberos/parts.h"

namespace ferryman::kerberos {

using der::context;

void expect_constant(der::Reader& fields, unsigned number, std::int32_t value) {
  der::Reader field = fields.enter(context(number));
  if (field.read_last_int32() != value) field.fail(Fault::wrong_value);
}

EncryptedData read_encrypted_data(der::Reader& reader) {
  der::Reader fields = reader.enter(der::sequence);
  EncryptedData data;
  data.etype = fields.enter(context(0)).read_last_int32();
  if (fields.at(context(1))) data.kvno = fields.enter(context(1)).read_last_uint32();
  data.cipher = fields.enter(context(2)).read_last(der::octet_string);
  fields.finish_extensible(2);
  return data;
}

std::string_view read_realm(der::Reader& reader) {
  const std::string_view realm = reader.read_string(der::general_string);
  if (realm.empty()) reader.fail(Fault::bad_string);
  return realm;
}

PrincipalName read_principal_name(der::Reader& reader) {
  der::Reader fields = reader.enter(der::sequence);
  PrincipalName name;
  name.name_type = fields.enter(context(0)).read_last_int32();
  der::Reader field = fields.enter(context(1));
  der::Reader strings = field.enter(der::sequence);
  field.finish();
  name.name_string = strings.rest();
  while (!strings.empty()) strings.read_string(der::general_string);
  fields.finish_extensible(1);
  return name;
}

PadataList read_padata(der::Reader& reader) {
  der::Reader elements = reader.enter(der::sequence);
  const PadataList list(elements.rest());
  while (!elements.empty()) {
    der::Reader fields = elements.enter(der::sequence);
    fields.enter(context(1)).read_last_int32();
    fields.enter(context(2)).read_last(der::octet_string);
    fields.finish_extensible(2);
  }
  return list;
}

Ticket read_ticket(der::Reader& reader) {
  der::Reader outer = reader.enter(der::application(1));
  der::Reader fields = outer.enter(der::sequence);
  outer.finish();
  Ticket ticket;
  expect_constant(fields, 0, protocol_version);
  der::Reader realm = fields.enter(context(1));
  ticket.realm = read_realm(realm);
  realm.finish();
  der::Reader sname = fields.enter(context(2));
  ticket.sname = read_principal_name(sname);
  sname.finish();
  der::Reader enc_part = fields.enter(context(3));
  ticket.enc_part = read_encrypted_data(enc_part);
  enc_part.finish();
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
  der::Reader options = fields.enter(context(2));
  ap_req.ap_options = options.read_flags();
  options.finish();
  der::Reader ticket = fields.enter(context(3));
  ap_req.ticket = read_ticket(ticket);
  ticket.finish();
  der::Reader authenticator = fields.enter(context(4));
  ap_req.authenticator = read_encrypted_data(authenticator);
  authenticator.finish();
  fields.finish_extensible(4);
  return ap_req;
}

}  // namespace ferryman::kerberos
