#include "account/unasked_reply.h"

#include <array>
#include <optional>

#include "base/endian.h"
#include "crypto/encryption.h"
#include "crypto/key.h"
#include "crypto/openssl.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/numbers.h"
#include "ticket/flags.h"
#include "ticket/secret_codec.h"

namespace ferryman::account {
namespace {

namespace option = kerberos::kdc_option;

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

}  // namespace

UnaskedReply make_unasked_reply(const ticket::NewTicket& ticket, Bytes ticket_octets) {
  const crypto::Key key = crypto::Key::random(kerberos::etype::aes256_sha1);
  const Octets cipher = crypto::encrypt(key, kerberos::key_usage::as_rep, enc_part(ticket).bytes());
  const auto parsed = kerberos::parse<kerberos::Ticket>(ticket_octets);
  return {kerberos::encode(kerberos::WrittenKdcRep{
              kerberos::msg_type::as_rep,
              {{}, ticket.crealm, ticket.cname, *parsed, {key.etype(), std::nullopt, cipher}}}),
          Secret(key.octets())};
}

ticket::Lifetime unasked_lifetime(const Policy& policy, std::int64_t now) {
  return {now, now + policy.lifetime.ticket,
          policy.lifetime.renewable > policy.lifetime.ticket ? std::optional(now + policy.lifetime.renewable)
                                                             : std::nullopt};
}

std::uint32_t unasked_flags(bool may_go_further, const ticket::Lifetime& lifetime) {
  return ticket::first_flags(option::forwardable | option::proxiable | option::renewable,
                             {may_go_further, may_go_further, false}, lifetime);
}

}  // namespace ferryman::account
