#include "login/public_key_logon.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "base/text.h"
#include "kerberos/krb_error.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"
#include "kerberos/pkinit.h"
#include "kerberos/whole_kdc_req.h"
#include "login/asked_tgt.h"
#include "pkinit/agreement.h"
#include "pkinit/oids.h"
#include "pkinit/reply_key.h"

namespace ferryman::login {
namespace {

namespace error_code = kerberos::error_code;
namespace option = kerberos::kdc_option;
namespace padata = kerberos::padata;

tl::unexpected<Failure> unusable(std::string_view why) {
  return fail(Fault::refused, fmt::format("the KDC's answer cannot be used: {}", why));
}

std::string_view meaning_of(std::int32_t code) {
  switch (code) {
    case error_code::client_not_trusted:
      return "it does not know this key as the user's: \"ferryman enroll\" registers one";
    case error_code::client_revoked:
      return "it has disabled or locked the account, or the key's device: ask an administrator";
    case error_code::skew:
      return "it finds this computer's clock wrong: set it";
    case error_code::client_unknown:
      return "it knows no account of this name";
    default:
      return {};
  }
}

tl::unexpected<Failure> refusal(std::int32_t code, std::string_view realm) {
  const std::string_view meaning = meaning_of(code);
  return fail(Fault::refused, fmt::format("the KDC of {} refuses the logon ({}){}{}", printable(realm),
                                          kerberos::error_name(code), meaning.empty() ? "" : ": ", meaning));
}

// One logon: what is asked, and what the answer is held against.
class Logon {
 public:
  Logon(const Client& client, const pkinit::ClientSigner& signer, const pkinit::KdcAnchors& anchors,
        const AskKdc& ask, std::int64_t now)
      : client_(client), signer_(signer), anchors_(anchors), ask_(ask), now_(now) {}

  Outcome<DecryptedReply> run();

 private:
  using Padata = kerberos::Made<kerberos::PadataList>;

  Octets as_req(const Padata& list) const;
  template <typename Use>
  auto with_body(const Use& use) const;
  // Of PA-AS-FRESHNESS; empty: the KDC has none.
  Outcome<Octets> freshness_token();
  std::optional<Octets> signed_auth_pack(Bytes token) const;
  Outcome<crypto::Key> reply_key(Bytes request, const kerberos::KdcRep& reply) const;

  const Client& client_;
  const pkinit::ClientSigner& signer_;
  const pkinit::KdcAnchors& anchors_;
  const AskKdc& ask_;
  std::int64_t now_;
  const kerberos::Name krbtgt_ = krbtgt_of(client_.realm);
  const std::int64_t nonce_ = std::random_device{}() & 0x7fffffffU;
  const pkinit::ClientKey agreement_ = pkinit::ClientKey::make(pkinit::Group::modp14);
};

template <typename Use>
auto Logon::with_body(const Use& use) const {
  kerberos::Made<kerberos::EtypeList> wanted;
  for (const std::int32_t each : tgt_etypes) wanted.add(each);
  kerberos::KdcReqBody body;
  body.kdc_options = option::forwardable | option::renewable;
  body.cname = client_.name;
  body.realm = client_.realm;
  body.sname = krbtgt_.view();
  body.till = body.rtime = far_end;
  body.nonce = nonce_;
  body.etypes = wanted.list();
  return use(body);
}

Octets Logon::as_req(const Padata& list) const {
  return with_body([&](const kerberos::KdcReqBody& body) {
    return kerberos::encode(kerberos::WholeKdcReq{kerberos::msg_type::as_req, list.list(), body});
  });
}

Outcome<Octets> Logon::freshness_token() {
  Padata list;
  list.add({padata::as_freshness, {}});
  const auto answer = ask_(as_req(list));
  if (!answer) return answer;
  const auto error = kerberos::parse_krb_error(*answer);
  if (!error) return unusable("it is no KRB-ERROR");
  if (error->error_code != error_code::preauth_required) return refusal(error->error_code, client_.realm);
  const auto hints = kerberos::parse<kerberos::PadataList>(error->e_data);
  if (!hints || !hints->has(padata::pk_as_req))
    return fail(Fault::refused,
                fmt::format("the KDC of {} takes no logons by public keys", printable(client_.realm)));
  const auto token = hints->find(padata::as_freshness);
  return token ? Octets(token->value.begin(), token->value.end()) : Octets();
}

std::optional<Octets> Logon::signed_auth_pack(Bytes token) const {
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> sum{};
  const Octets body = with_body([](const kerberos::KdcReqBody& made) { return kerberos::encode(made); });
  ::SHA1(body.data(), body.size(), sum.data());
  const Octets public_value = agreement_.public_value();
  kerberos::Made<kerberos::KdfAlgorithms> kdfs;
  kdfs.add({pkinit::oid_of(pkinit::Kdf::sha256)});
  kerberos::AuthPack pack;
  pack.authenticator = {static_cast<std::int32_t>(std::random_device{}() % 1'000'000),
                        now_,
                        static_cast<std::uint32_t>(nonce_),
                        Bytes(sum),
                        {},
                        {}};
  if (!token.empty()) pack.authenticator.freshness = token;
  pack.client_public_value = public_value;
  pack.kdfs = kdfs.list();
  const auto certificate = pkinit::self_signed_certificate(signer_, now_);
  if (!certificate) return std::nullopt;
  return pkinit::sign_auth_pack(signer_, *certificate, kerberos::encode(pack));
}

Outcome<crypto::Key> Logon::reply_key(Bytes request, const kerberos::KdcRep& reply) const {
  const auto element = reply.padata.find(padata::pk_as_rep);
  const auto rep = element ? kerberos::parse<kerberos::PaPkAsRep>(element->value)
                           : Result<kerberos::PaPkAsRep>(tl::unexpected(Error{ferryman::Fault::truncated}));
  if (!rep) return unusable("it has no PA-PK-AS-REP");
  const auto content = anchors_.open(rep->signed_key_info, client_.realm, now_);
  if (!content) return unusable(content.error());
  const auto info = kerberos::parse<kerberos::KdcDhKeyInfo>(*content);
  if (!info || info->nonce != static_cast<std::uint32_t>(nonce_))
    return unusable("it is the one to another request");
  const Secret shared = agreement_.agree(info->public_key);
  const crypto::Etype* const type = crypto::find_etype(reply.enc_part.etype);
  if (shared.empty() || type == nullptr ||
      std::ranges::find(tgt_etypes, reply.enc_part.etype) == tgt_etypes.end())
    return unusable("no key can be agreed on");
  if (!rep->kdf) return pkinit::octetstring2key(*type, shared, {}, {});
  if (!std::ranges::equal(rep->kdf->id, pkinit::oid_of(pkinit::Kdf::sha256)))
    return unusable("its key is derived in a way that was not offered");
  return pkinit::derive_reply_key(
      pkinit::Kdf::sha256, *type, shared,
      {client_.realm, client_.name, client_.realm, krbtgt_.view(), request, element->value});
}

Outcome<DecryptedReply> Logon::run() {
  const auto token = freshness_token();
  if (!token) return tl::unexpected(token.error());
  const auto cms = signed_auth_pack(*token);
  if (!cms) return fail(Fault::failed, "the key gave no signature");
  const Octets value = kerberos::encode(kerberos::PaPkAsReq{*cms});
  Padata list;
  list.add({padata::pk_as_req, value}).add({padata::req_enc_pa_rep, {}});
  const Octets request = as_req(list);
  auto answer = ask_(request);
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (const auto error = kerberos::parse_krb_error(*answer)) return refusal(error->error_code, client_.realm);
  const auto reply = kerberos::parse_kdc_rep(*answer, kerberos::msg_type::as_rep);
  if (!reply) return unusable("it is no AS-REP");
  const auto key = reply_key(request, *reply);
  if (!key) return tl::unexpected(key.error());
  auto opened =
      DecryptedReply::open(std::move(*answer), kerberos::msg_type::as_rep, *key, kerberos::key_usage::as_rep);
  if (!opened) return unusable(opened.error());
  if (const std::string_view why = why_not_asked_for(*opened, client_, nonce_); !why.empty())
    return unusable(why);
  return std::move(*opened);
}

}  // namespace

Outcome<DecryptedReply> log_on_by_public_key(const Client& client, const pkinit::ClientSigner& signer,
                                             const pkinit::KdcAnchors& anchors, const AskKdc& ask,
                                             std::int64_t now) {
  return Logon(client, signer, anchors, ask, now).run();
}

}  // namespace ferryman::login
