#include "kdc/as_public_key.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "account/issuer.h"
#include "account/keys.h"
#include "crypto/openssl.h"
#include "kdc/freshness.h"
#include "kdc/logon_mapping.h"
#include "kdc/public_keys.h"
#include "kerberos/pkinit.h"
#include "pkinit/oids.h"
#include "pkinit/signed_data.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace padata = kerberos::padata;
using crypto::openssl::Digest;

constexpr std::int64_t microseconds = 1'000'000;

auto malformed() {
  return refuse(error_code::preauth_failed, "a PA-PK-AS-REQ that is not well formed");
}

bool is_digest_of(Digest digest, Bytes checksum, Bytes octets) {
  Octets made(crypto::openssl::digest_size(digest));
  crypto::openssl::hash(digest, {octets}, made);
  return std::ranges::equal(made, checksum);
}

// Of another digest than those nothing is said: SHA-1's is there all the same.
bool is_right(const kerberos::PaChecksum2& checksum, Bytes octets) {
  const auto is = [&](Bytes oid) { return std::ranges::equal(checksum.algorithm, oid); };
  if (is(pkinit::oids::sha256)) return is_digest_of(Digest::sha256, checksum.checksum, octets);
  if (is(pkinit::oids::sha384)) return is_digest_of(Digest::sha384, checksum.checksum, octets);
  if (is(pkinit::oids::sha512)) return is_digest_of(Digest::sha512, checksum.checksum, octets);
  return true;
}

Judged<void> check_request_is_signed(const kerberos::PkAuthenticator& authenticator, Bytes body) {
  if (!authenticator.checksum)
    return refuse(error_code::pa_checksum_required, "a signature that is not over the request");
  if (!is_digest_of(Digest::sha1, *authenticator.checksum, body) ||
      (authenticator.checksum2 && !is_right(*authenticator.checksum2, body)))
    return refuse(error_code::modified, "a signature over another request");
  return {};
}

enum class Freshness { as_configured, not_needed };

Judged<void> check_is_of_now(const Kdc& kdc, const kerberos::PkAuthenticator& authenticator, Freshness wanted,
                             Now now) {
  const std::int64_t off = authenticator.ctime - now.seconds;
  if (off > kdc.policy.max_skew || -off > kdc.policy.max_skew)
    return refuse(error_code::skew, "the client's clock is off");
  if (authenticator.freshness) return check_freshness_token(kdc, *authenticator.freshness, now);
  if (wanted == Freshness::as_configured && kdc.public_keys->freshness_required)
    return refuse(error_code::preauth_failed, "a signature without freshness token");
  return {};
}

Judged<std::optional<pkinit::Kdf>> choose_kdf(const kerberos::AuthPack& pack) {
  if (!pack.kdfs) return std::nullopt;
  std::vector<Bytes> offered;
  kerberos::KdfAlgorithm each;
  for (auto list = *pack.kdfs; list.next(each);) offered.push_back(each.id);
  auto chosen = pkinit::choose_kdf(offered);
  if (!chosen) return tl::unexpected(std::move(chosen.error()));
  return *chosen;
}

// What is in an AuthPack: who may have signed it was found out before.
Judged<PublicKeyProof> judge(const Kdc& kdc, const AsRequest& request, Bytes auth_pack, Freshness wanted,
                             Now now) {
  const auto pack = kerberos::parse<kerberos::AuthPack>(auth_pack);
  if (!pack) return malformed();
  const kerberos::PkAuthenticator& authenticator = pack->authenticator;
  if (auto checked = check_is_of_now(kdc, authenticator, wanted, now); !checked)
    return tl::unexpected(std::move(checked.error()));
  if (auto checked = check_request_is_signed(authenticator, request.body.octets); !checked)
    return tl::unexpected(std::move(checked.error()));
  if (pack->client_public_value.empty())
    return refuse(error_code::public_key_encryption_not_supported, "a reply encrypted by RSA is asked for");
  auto peer = pkinit::parse_peer(pack->client_public_value);
  if (!peer) return tl::unexpected(std::move(peer.error()));
  const auto kdf = choose_kdf(*pack);
  if (!kdf) return tl::unexpected(kdf.error());
  return PublicKeyProof{*std::move(peer),
                        authenticator.nonce,
                        *kdf,
                        authenticator.ctime * microseconds + authenticator.cusec,
                        {authenticator.freshness.has_value(), false}};
}

Judged<pkinit::SignedRequest> open(const AsRequest& request) {
  const auto element = request.padata.find(padata::pk_as_req);
  const auto req = kerberos::parse<kerberos::PaPkAsReq>(element->value);
  if (!req) return malformed();
  return pkinit::open_signed(req->signed_auth_pack);
}

std::optional<std::int32_t> reply_etype(const Kdc& kdc, const directory::Account& client,
                                        kerberos::EtypeList asked) {
  for (std::int32_t etype = 0; asked.next(etype);)
    if (account::allows(kdc.policy, client, etype)) return etype;
  return std::nullopt;
}

}  // namespace

bool is_by_public_key(const Kdc& kdc, const AsRequest& request) {
  return kdc.public_keys != nullptr && request.padata.has(padata::pk_as_req);
}

Judged<PublicKeyProof> prove_by_public_key(const Kdc& kdc, const AsRequest& request, const AsClient& client,
                                           Now now) {
  const auto opened = open(request);
  if (!opened) return tl::unexpected(opened.error());
  if (!opened->certificate)
    return refuse(error_code::preauth_failed, "a PA-PK-AS-REQ that nobody has signed");
  const directory::Account* account = client.principal ? &client.principal->account : nullptr;
  const auto registered_key = check_certificate(kdc, account, *opened, now);
  if (!registered_key) return tl::unexpected(registered_key.error());
  auto proof = judge(kdc, request, opened->content, Freshness::as_configured, now);
  if (!proof) return proof;
  proof->registered_key = *registered_key;
  proof->evidence.key_trust = registered_key->has_value();
  return proof;
}

Judged<PublicKeyProof> read_unsigned(const Kdc& kdc, const AsRequest& request, Now now) {
  const auto opened = open(request);
  if (!opened) return tl::unexpected(opened.error());
  if (opened->certificate)
    return refuse(error_code::preauth_failed, "an anonymous request that somebody has signed");
  return judge(kdc, request, opened->content, Freshness::not_needed, now);
}

Judged<PublicKeyReply> reply_by_public_key(const Kdc& kdc, Bytes as_req, const kerberos::KdcReqBody& body,
                                           const PublicKeyProof& proof, const PublicKeyClient& client) {
  const auto etype = reply_etype(kdc, client.account, body.etypes);
  if (!etype) return refuse(error_code::etype_not_supported, "no etype that the client may use");
  const auto identity = kdc.public_keys->identity();
  if (!identity) return tl::unexpected(account::unavailable(identity.error()));
  const auto agreement = pkinit::agree(proof.peer);
  if (!agreement) return tl::unexpected(agreement.error());
  const Octets info = kerberos::encode(kerberos::KdcDhKeyInfo{agreement->public_key, proof.nonce});
  const Octets signed_info = pkinit::sign(**identity, info);
  kerberos::PaPkAsRep rep{signed_info, {}};
  if (proof.kdf) rep.kdf = kerberos::KdfAlgorithm{pkinit::oid_of(*proof.kdf)};
  Octets value = kerberos::encode(rep);
  const crypto::Etype& type = *crypto::find_etype(*etype);
  if (!proof.kdf) {
    auto key = pkinit::octetstring2key(type, agreement->shared, {}, {});
    return PublicKeyReply{std::move(value), std::move(key)};
  }
  auto key = pkinit::derive_reply_key(*proof.kdf, type, agreement->shared,
                                      {client.realm, *body.cname, body.realm, *body.sname, as_req, value});
  return PublicKeyReply{std::move(value), std::move(key)};
}

}  // namespace ferryman::kdc
