#include "kdc/fast.h"

#include <utility>

#include "crypto/checksum.h"
#include "crypto/encryption.h"
#include "crypto/prf.h"
#include "kdc/anonymous.h"
#include "kdc/tgt.h"
#include "ticket/authorization.h"
#include "ticket/secret_codec.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace key_usage = kerberos::key_usage;
namespace padata = kerberos::padata;

// A cookie carries a KDC's state from one leg to the next (RFC 6113 5.2). There is none to carry here;
// clients and their tests look for one all the same.
constexpr std::string_view cookie = "ferryman";

crypto::Key armor_key(const crypto::Key& subkey, const crypto::Key& session_key) {
  return crypto::combine(subkey, session_key, "subkeyarmor", "ticketarmor");
}

Judged<crypto::Key> open_armor(const Kdc& kdc, const kerberos::FastArmoredReq& request, Now now) {
  if (request.armor_type != kerberos::fast_armor::ap_request)
    return refuse(error_code::preauth_failed, "FAST armor that is no AP-REQ");
  const auto ap_req = kerberos::parse<kerberos::ApReq>(request.armor_value);
  if (!ap_req) return refuse(error_code::preauth_failed, "FAST armor that is not well formed");
  if (!is_krbtgt(kdc, ap_req->ticket))
    return refuse(error_code::server_mismatch, "a FAST armor ticket that is no TGT of this realm");
  const auto tgt = open_tgt(kdc, ap_req->ticket);
  if (!tgt) return tl::unexpected(tgt.error());
  const auto authenticator =
      ticket::open_authenticator(ap_req->authenticator, tgt->session_key, key_usage::ap_req_authenticator);
  if (!authenticator) return tl::unexpected(authenticator.error());
  if (const auto checked = check_ap(*tgt, *authenticator, {now.seconds, kdc.policy.max_skew, false});
      !checked)
    return tl::unexpected(checked.error());
  if (is_anonymous(*tgt)) {
    if (!serves_anonymous(kdc)) return refuse(error_code::policy, "anonymous FAST armor");
  } else if (const auto client = client_of_tgt(kdc, ap_req->ticket, *tgt, now); !client) {
    return tl::unexpected(client.error());
  }
  if (!authenticator->subkey) return refuse(error_code::preauth_failed, "FAST armor without a subkey");
  return armor_key(*authenticator->subkey, tgt->session_key);
}

// signed_octets: what the request's checksum is over.
Judged<Fast> open_inside(const kerberos::FastArmoredReq& request, crypto::Key key, Bytes signed_octets) {
  const kerberos::Checksum& checksum = request.req_checksum;
  if (checksum.type != key.type().checksum)
    return refuse(error_code::inappropriate_checksum, "FAST's checksum is not of the armor key's type");
  if (!crypto::verify_checksum(key, key_usage::fast_req_checksum, checksum.type, signed_octets,
                               checksum.value))
    return refuse(error_code::modified, "FAST's checksum");
  if (request.enc_fast_req.etype != key.etype())
    return refuse(error_code::bad_integrity, "FAST's inside is in another etype");
  auto octets = crypto::decrypt(key, key_usage::fast_req, request.enc_fast_req.cipher);
  if (!octets) return refuse(error_code::bad_integrity, "FAST's inside is not decrypted by the key");
  const auto inner = kerberos::parse<kerberos::FastReq>(octets->bytes());
  if (!inner) return refuse(error_code::preauth_failed, "FAST's inside is not well formed");
  constexpr std::uint32_t known = kerberos::fast_option::hide_client_names;
  if ((inner->fast_options & kerberos::fast_option::critical & ~known) != 0)
    return refuse(error_code::unknown_critical_fast_options, "FAST options that are not known");
  return Fast{std::move(*octets), *inner, std::move(key)};
}

Octets sealed(const Fast& fast, const kerberos::FastResponse& response) {
  const Secret octets = ticket::encode_secret(response);
  const Octets cipher = crypto::encrypt(fast.armor_key, key_usage::fast_rep, octets.bytes());
  return kerberos::encode(kerberos::FastArmoredRep{{fast.armor_key.etype(), std::nullopt, cipher}});
}

// Somebody may have taken FAST away on the way.
Judged<std::optional<Fast>> without_fast(const kerberos::Authenticator& authenticator) {
  const auto used = ticket::says_fast_used(authenticator.authorization_data);
  if (!used) return tl::unexpected(used.error());
  if (*used) return refuse(error_code::modified, "the authenticator says that FAST is used");
  return std::nullopt;
}

}  // namespace

bool Fast::hides_client() const {
  return (req.fast_options & kerberos::fast_option::hide_client_names) != 0;
}

Judged<std::optional<Fast>> open_as_fast(const Kdc& kdc, const kerberos::WholeKdcReq& outer, Now now) {
  const auto element = outer.padata.find(padata::fx_fast);
  if (!element) return std::nullopt;
  const auto request = kerberos::parse_fast_armored_req(element->value);
  if (!request) return refuse(error_code::preauth_failed, "a PA-FX-FAST that is not well formed");
  auto key = open_armor(kdc, *request, now);
  if (!key) return tl::unexpected(key.error());
  auto fast = open_inside(*request, std::move(*key), outer.body.octets);
  if (!fast) return tl::unexpected(fast.error());
  return std::optional(std::move(*fast));
}

Judged<std::optional<Fast>> open_tgs_fast(const kerberos::WholeKdcReq& outer, const ticket::OpenedTicket& tgt,
                                          const ticket::OpenedAuthenticator& authenticator) {
  const auto element = outer.padata.find(padata::fx_fast);
  const auto ap_req = outer.padata.find(padata::tgs_req);
  if (!element || !ap_req) return without_fast(authenticator.authenticator);
  const auto request = kerberos::parse_fast_armored_req(element->value);
  if (!request) return refuse(error_code::preauth_failed, "a PA-FX-FAST that is not well formed");
  if (request->armor_type) return refuse(error_code::preauth_failed, "explicit FAST armor in a TGS-REQ");
  if (!authenticator.subkey) return refuse(error_code::preauth_failed, "FAST in a TGS-REQ without a subkey");
  auto fast = open_inside(*request, armor_key(*authenticator.subkey, tgt.session_key), ap_req->value);
  if (!fast) return tl::unexpected(fast.error());
  return std::optional(std::move(*fast));
}

Strengthened strengthen(const crypto::Key& reply_key) {
  auto key = crypto::Key::random(reply_key.etype());
  auto combined = crypto::combine(key, reply_key, "strengthenkey", "replykey");
  return {std::move(key), std::move(combined)};
}

MadePadata fast_reply(const Fast& fast, const FastReply& reply) {
  const Octets sum = crypto::make_checksum(fast.armor_key, key_usage::fast_finished, reply.ticket);
  kerberos::FastResponse response;
  response.padata = reply.inner.list();
  response.strengthen_key = {reply.strengthen_key.etype(), reply.strengthen_key.octets()};
  response.finished = {reply.now.seconds,
                       reply.now.microseconds,
                       reply.crealm,
                       reply.cname,
                       {fast.armor_key.type().checksum, sum}};
  response.nonce = fast.req.body.nonce;
  MadePadata outer;
  const Octets value = sealed(fast, response);
  outer.add({padata::fx_fast, value});
  return outer;
}

Octets fast_error(const Fast& fast, Bytes error, Bytes hints) {
  MadePadata inner, outer;
  inner.add({padata::fx_error, error});
  inner.add_encoded(hints);
  inner.add({padata::fx_cookie, as_bytes(cookie)});
  kerberos::FastResponse response;
  response.padata = inner.list();
  response.nonce = fast.req.body.nonce;
  const Octets value = sealed(fast, response);
  outer.add({padata::fx_fast, value});
  return kerberos::encode(outer.list());
}

}  // namespace ferryman::kdc
