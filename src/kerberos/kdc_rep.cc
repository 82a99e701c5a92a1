#include "kerberos/kdc_rep.h"

namespace ferryman::kerberos {

using der::context;

Result<KdcRep> parse_kdc_rep(Bytes message, std::int32_t msg_type) {
  der::Status status;
  der::Reader reader(message, status);
  der::Reader outer = reader.enter(der::application(static_cast<unsigned>(msg_type)));
  reader.finish();
  der::Reader fields = outer.enter(der::sequence);
  outer.finish();

  KdcRep rep;
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type);
  if (fields.at(context(2))) {
    der::Reader padata = fields.enter(context(2));
    rep.padata = read_padata(padata);
    padata.finish();
  }
  der::Reader crealm = fields.enter(context(3));
  // Heimdal leaves crealm and cname empty in an AS-REP within FAST, where the client's names are inside.
  rep.crealm = crealm.read_string(der::general_string);
  crealm.finish();
  der::Reader cname = fields.enter(context(4));
  rep.cname = read_principal_name(cname);
  cname.finish();
  der::Reader ticket = fields.enter(context(5));
  rep.ticket = read_ticket(ticket);
  ticket.finish();
  der::Reader enc_part = fields.enter(context(6));
  rep.enc_part = read_encrypted_data(enc_part);
  enc_part.finish();
  fields.finish_extensible(6);
  if (!status.ok()) return tl::unexpected(status.error());
  return rep;
}

}  // namespace ferryman::kerberos
