#include "account/cloud_ticket.h"

#include <array>
#include <utility>

#include "account/identity.h"
#include "account/issuer.h"
#include "base/endian.h"
#include "crypto/encryption.h"
#include "crypto/key.h"
#include "crypto/openssl.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/numbers.h"
#include "ticket/authorization.h"
#include "ticket/flags.h"
#include "ticket/secret_codec.h"

namespace ferryman::account {
namespace {

namespace error_code = kerberos::error_code;
namespace option = kerberos::kdc_option;

// Of an AS-REQ that would have asked for all there is.
constexpr std::uint32_t options = option::forwardable | option::proxiable | option::renewable;

ticket::Lifetime lifetime_of(const Policy& policy, std::int64_t now) {
  return {now, now + policy.lifetime.ticket,
          policy.lifetime.renewable > policy.lifetime.ticket ? std::optional(now + policy.lifetime.renewable)
                                                             : std::nullopt};
}

// There was no request, so any will do; clients take it for a signed integer of 32 bits.
std::int64_t some_nonce() {
  std::array<std::uint8_t, sizeof(std::uint32_t)> octets{};
  crypto::openssl::random(octets);
  return load_be<std::uint32_t>(Bytes(octets)) & 0x7fffffffU;
}

Secret enc_part(const ticket::NewTicket& ticket) {
  kerberos::Made<kerberos::LastReq> last_req;
  last_req.add({kerberos::last_req_type::none, 0});
  kerberos::EncKdcRepPart part = ticket::reply_part(ticket);
  part.tag = kerberos::application_tag::enc_as_rep_part;
  part.last_req = last_req.list();
  part.nonce = some_nonce();
  return ticket::encode_secret(part);
}

Octets as_rep(const ticket::NewTicket& ticket, Bytes ticket_octets, const crypto::Key& key) {
  const Octets cipher = crypto::encrypt(key, kerberos::key_usage::as_rep, enc_part(ticket).bytes());
  const auto parsed = kerberos::parse<kerberos::Ticket>(ticket_octets);
  return kerberos::encode(kerberos::WrittenKdcRep{
      kerberos::msg_type::as_rep,
      {{}, ticket.crealm, ticket.cname, *parsed, {key.etype(), std::nullopt, cipher}}});
}

}  // namespace

Judged<CloudTicket> make_cloud_ticket(directory::Directory& directory, const directory::Tenant& tenant,
                                      const Policy& policy, const CloudTicketFor& wanted) {
  const std::vector<std::string_view> krbtgt_name{"krbtgt", tenant.realm};
  const auto krbtgt = directory.find_service(tenant.id, krbtgt_name);
  if (!krbtgt) return tl::unexpected(unavailable(krbtgt.error()));
  const kerberos::Name client = canonical_name(wanted.user.account),
                       service = canonical_name((*krbtgt)->account);
  const crypto::Key session_key = crypto::Key::random(kerberos::etype::aes256_sha1);
  const ticket::Lifetime lifetime = lifetime_of(policy, wanted.now);
  const bool may_go_further = !wanted.user.account.settings.flags.sensitive;
  ticket::AuthorizationList authorization;
  authorization.add({kerberos::authorization_data::prt, wanted.prt.bytes(), {}});
  const ticket::NewTicket ticket{
      tenant.realm, service.view(),
      tenant.realm, client.view(),
      session_key,  ticket::first_flags(options, {may_go_further, may_go_further, false}, lifetime),
      wanted.now,   lifetime,
      {},           authorization};
  const auto pac = make_pac({tenant, wanted.user, client.view(), wanted.now, false, true});
  if (!pac) return refuse(error_code::generic, "a name that has no place in a PAC");
  const auto issued = Issuer(directory, tenant, policy).issue(**krbtgt, ticket, *pac);
  if (!issued) return tl::unexpected(issued.error());
  const crypto::Key key = crypto::Key::random(kerberos::etype::aes256_sha1);
  return CloudTicket{as_rep(ticket, *issued, key), Secret(key.octets()), wanted.user.account.name};
}

}  // namespace ferryman::account
