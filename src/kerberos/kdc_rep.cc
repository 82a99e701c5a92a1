#include "kerberos/kdc_rep.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

Result<KdcRep> parse_kdc_rep(Bytes message, std::int32_t msg_type) {
  der::Status status;
  der::Reader reader(message, status);
  der::Reader fields = reader.enter_field(der::application(static_cast<unsigned>(msg_type)), der::sequence);
  reader.finish();

  KdcRep rep;
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type);
  if (fields.at(context(2))) rep.padata = read_padata_field(fields, 2);
  rep.crealm = fields.read_string_field(context(3), der::general_string);
  rep.cname = read_name_field(fields, 4);
  der::Reader ticket = fields.enter(context(5));
  rep.ticket = read_ticket(ticket);
  ticket.finish();
  rep.enc_part = read_encrypted_data_field(fields, 6);
  fields.finish_extensible(6);
  if (!status.ok()) return tl::unexpected(status.error());
  return rep;
}

Bytes ticket_octets(Bytes message) {
  der::Status status;
  der::Reader reader(message, status);
  if (message.empty()) return {};
  der::Reader fields = reader.enter_field(message[0], der::sequence);
  while (!fields.empty() && !fields.at(context(5))) fields.read_element();
  der::Reader field = fields.enter(context(5));
  const Bytes ticket = field.read_element();
  field.finish();
  return status.ok() ? ticket : Bytes();
}

void write(der::Writer& writer, const WrittenKdcRep& message) {
  const KdcRep& rep = message.rep;
  const std::size_t mark = writer.size();
  write_field(writer, 6, rep.enc_part);
  write_field(writer, 5, rep.ticket);
  write_field(writer, 4, rep.cname);
  write_realm(writer, 3, rep.crealm);
  write_optional_field(writer, 2, rep.padata);
  writer.integer_field(context(1), message.msg_type);
  writer.integer_field(context(0), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(static_cast<unsigned>(message.msg_type)), mark);
}

}  // namespace ferryman::kerberos
