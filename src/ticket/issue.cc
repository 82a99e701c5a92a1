#include "ticket/issue.h"

#include "crypto/encryption.h"
#include "kerberos/codec.h"
#include "kerberos/enc_ticket_part.h"
#include "ticket/authorization.h"
#include "ticket/secret_codec.h"

namespace ferryman::ticket {
namespace {

Secret part_of(const NewTicket& ticket, const AuthorizationList& authorization) {
  kerberos::EncTicketPart part;
  part.flags = ticket.flags;
  part.key = {ticket.session_key.etype(), ticket.session_key.octets()};
  part.crealm = ticket.crealm;
  part.cname = ticket.cname;
  part.authtime = ticket.authtime;
  part.starttime = ticket.lifetime.start;
  part.endtime = ticket.lifetime.end;
  part.renew_till = ticket.lifetime.renew_till;
  part.caddr = ticket.caddr;
  part.authorization_data = authorization.list();
  return encode_secret(part);
}

Secret part_with(Bytes pac, const NewTicket& ticket) {
  return part_of(ticket, with_pac(pac, ticket.authorization));
}

Octets sealed(const NewTicket& ticket, const Secret& part, const crypto::Key& key,
              std::optional<std::uint32_t> kvno) {
  if (part.empty()) return {};
  const Octets cipher = crypto::encrypt(key, kerberos::key_usage::ticket, part.bytes());
  return kerberos::encode(kerberos::Ticket{ticket.realm, ticket.sname, {key.etype(), kvno, cipher}});
}

Octets signed_pac(const NewTicket& ticket, const pac::Builder& pac, PacForm form, const SealingKeys& keys) {
  if (form == PacForm::tgt) return pac.sign_tgt(keys.service, {keys.krbtgt, keys.rodc});
  constexpr std::uint8_t placeholder[] = {0};
  const Secret unsigned_part = part_with(placeholder, ticket);
  return pac.sign_service_ticket(keys.service, {keys.krbtgt, keys.rodc}, unsigned_part.bytes());
}

}  // namespace

kerberos::EncKdcRepPart reply_part(const NewTicket& ticket) {
  kerberos::EncKdcRepPart part;
  part.key = {ticket.session_key.etype(), ticket.session_key.octets()};
  part.flags = ticket.flags;
  part.authtime = ticket.authtime;
  part.starttime = ticket.lifetime.start;
  part.endtime = ticket.lifetime.end;
  part.renew_till = ticket.lifetime.renew_till;
  part.srealm = ticket.realm;
  part.sname = ticket.sname;
  part.caddr = ticket.caddr;
  return part;
}

Octets issue(const NewTicket& ticket, const pac::Builder& pac, PacForm form, const SealingKeys& keys) {
  return sealed(ticket, part_with(signed_pac(ticket, pac, form, keys), ticket), keys.service, keys.kvno);
}

Octets issue_without_pac(const NewTicket& ticket, const crypto::Key& service, std::uint32_t kvno) {
  return sealed(ticket, part_of(ticket, ticket.authorization), service, kvno);
}

}  // namespace ferryman::ticket
