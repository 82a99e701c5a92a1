#include "kdc/anonymous.h"

#include <utility>

#include "account/issuer.h"
#include "account/keys.h"
#include "crypto/encryption.h"
#include "crypto/prf.h"
#include "kdc/as_public_key.h"
#include "kdc/public_keys.h"
#include "ticket/secret_codec.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace flag = kerberos::ticket_flag;
namespace padata = kerberos::padata;

tl::unexpected<Refusal> no_proof() {
  MadePadata list;
  list.add({padata::fx_fast, {}}).add({padata::pk_as_req, {}}).add({padata::pkinit_kx, {}});
  return refuse(error_code::preauth_required, "no pre-authentication", kerberos::encode(list.list()));
}

// So that nobody who has read the reply chooses the session key alone.
struct KeyExchange {
  Octets padata;  // PA-PKINIT-KX
  crypto::Key session;
};
KeyExchange exchange_keys(std::int32_t session_etype, const crypto::Key& reply) {
  const auto contribution = crypto::Key::random(session_etype);
  const Secret octets =
      ticket::encode_secret(kerberos::EncryptionKey{contribution.etype(), contribution.octets()});
  const Octets cipher = crypto::encrypt(reply, kerberos::key_usage::pkinit_kx, octets.bytes());
  return {kerberos::encode(kerberos::EncryptedData{reply.etype(), std::nullopt, cipher}),
          crypto::combine(contribution, reply, "PKINIT", "KEYEXCHANGE")};
}

}  // namespace

kerberos::Name anonymous_name() {
  return {kerberos::name_type::wellknown, {"WELLKNOWN", "ANONYMOUS"}};
}

bool serves_anonymous(const Kdc& kdc) {
  return kdc.public_keys != nullptr && kdc.public_keys->anonymous;
}

bool is_anonymous_name(const kerberos::PrincipalName& name) {
  return name.is({"WELLKNOWN", "ANONYMOUS"});
}

bool is_anonymous(const ticket::OpenedTicket& tgt) {
  return (tgt.part.flags & flag::anonymous) != 0;
}

Judged<MadeReply> give_anonymous_tgt(Bytes as_req, const AsRequest& request,
                                     const directory::Principal& krbtgt, const Kdc& kdc, Now now) {
  const kerberos::KdcReqBody& body = request.body;
  if (!request.padata.has(padata::pk_as_req)) return no_proof();
  const auto pack = read_unsigned(kdc, request, now);
  if (!pack) return tl::unexpected(pack.error());
  const auto lifetime = ticket::first_lifetime(body, now.seconds, {kdc.policy.lifetime.ticket, 0});
  if (!lifetime) return tl::unexpected(lifetime.error());
  const directory::Account nobody;
  const auto reply_key = reply_by_public_key(kdc, as_req, body, *pack, {nobody, anonymous_realm});
  if (!reply_key) return tl::unexpected(reply_key.error());
  const auto etype = account::session_etype(kdc.policy, nullptr, krbtgt, body.etypes);
  const KeyExchange keys = exchange_keys(*etype, reply_key->key);
  const kerberos::Name cname = anonymous_name();
  const ticket::AuthorizationList no_data;
  const ticket::NewTicket ticket{
      kdc.tenant.realm, *body.sname,  anonymous_realm,
      cname.view(),     keys.session, flag::initial | flag::anonymous | flag::enc_pa_rep,
      now.seconds,      *lifetime,    {},
      no_data};
  const auto octets = account::Issuer(kdc.directory, kdc.tenant, kdc.policy).issue_anonymous(krbtgt, ticket);
  if (!octets) return tl::unexpected(octets.error());
  MadePadata list;
  list.add({padata::pk_as_rep, reply_key->padata}).add({padata::pkinit_kx, keys.padata});
  Reply reply{kerberos::msg_type::as_rep, ticket, *octets, list, body.nonce, std::nullopt, reply_key->key};
  if (request.padata.has(padata::req_enc_pa_rep)) reply.checksum_over = as_req;
  return encode_reply(reply, request.fast, now);
}

}  // namespace ferryman::kdc
