#include "kerberos/kdc_rep.h"

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
  // Heimdal leaves crealm and cname empty in an AS-REP within FAST, where the client's names are inside.
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

}  // namespace ferryman::kerberos
