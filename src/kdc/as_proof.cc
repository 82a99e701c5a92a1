#include "kdc/as_proof.h"

#include <algorithm>
#include <string>
#include <utility>

#include "account/issuer.h"
#include "account/keys.h"
#include "account/state.h"
#include "base/endian.h"
#include "base/text.h"
#include "crypto/encryption.h"
#include "crypto/prf.h"
#include "directory/names.h"
#include "kdc/freshness.h"
#include "kdc/public_keys.h"
#include "kerberos/preauth.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace key_usage = kerberos::key_usage;
namespace padata = kerberos::padata;
using Verdict = account::Attempts::Verdict;

constexpr std::int64_t microseconds = 1'000'000;

// As the name of an account would stand in a salt: people write theirs in lower case, without a UPN's domain.
std::string stored_form(std::string_view component) {
  std::string name(component.substr(0, component.find('@')));
  std::transform(name.begin(), name.end(), name.begin(), ascii_lower);
  return name;
}

// The key that the client is to use. Of a client that is unknown, or has no keys, one that it may have: the
// salt is the usual one.
directory::LongTermKey expected_key(const Kdc& kdc, const AsRequest& request, const AsClient& client) {
  if (client.principal) {
    const auto* key = account::reply_key(kdc.policy, *client.principal, request.body.etypes);
    if (key != nullptr) return {key->etype, key->kvno, key->salt, key->s2kparams, Secret()};
    if (!client.principal->keys.empty()) return {};
  }
  directory::LongTermKey made;
  kerberos::EtypeList asked = request.body.etypes;
  const directory::Account nobody;
  while (asked.next(made.etype) && !account::allows(kdc.policy, nobody, made.etype)) made.etype = 0;
  made.salt = kdc.tenant.realm;
  for (std::size_t i = 0; i < request.body.cname->size(); ++i)
    made.salt += stored_form(request.body.cname->component(i));
  return made;
}

bool has_new_etype(kerberos::EtypeList asked) {
  std::int32_t etype = 0;
  while (asked.next(etype)) {
    if (etype >= kerberos::etype::aes128_sha1 && etype <= kerberos::etype::aes256_sha384) return true;
  }
  return false;
}

// METHOD-DATA of preauth_required. token: of PA-AS-FRESHNESS; empty: none.
Octets method_data(const Kdc& kdc, const AsRequest& request, const AsClient& client, Bytes token) {
  const directory::LongTermKey key = expected_key(kdc, request, client);
  MadePadata list;
  list.add({padata::fx_fast, {}});
  if (key.etype != 0) add_etype_info2(list, key);
  if (key.etype != 0 && !has_new_etype(request.body.etypes)) {
    kerberos::Made<kerberos::EtypeInfo> info;
    info.add({key.etype, as_bytes(key.salt)});
    const Octets value = kerberos::encode(info.list());
    list.add({padata::etype_info, value});
  }
  // Clients try what they can in this order.
  if (kdc.public_keys != nullptr) list.add({padata::pk_as_req, {}});
  list.add({request.fast == nullptr ? padata::enc_timestamp : padata::encrypted_challenge, {}});
  if (!token.empty()) list.add({padata::as_freshness, token});
  return kerberos::encode(list.list());
}

tl::unexpected<Refusal> no_proof(const Kdc& kdc, const AsRequest& request, const AsClient& client, Now now) {
  Octets token;
  if (kdc.public_keys != nullptr && request.padata.has(padata::as_freshness)) {
    auto made = make_freshness_token(kdc, now);
    if (!made) return tl::unexpected(std::move(made.error()));
    token = *std::move(made);
  }
  return refuse(error_code::preauth_required, "no pre-authentication",
                method_data(kdc, request, client, token));
}

tl::unexpected<Refusal> failed(const Kdc& kdc, const AsRequest& request, const AsClient& client,
                               std::string_view reason) {
  const directory::LongTermKey key = expected_key(kdc, request, client);
  MadePadata list;
  if (key.etype != 0) add_etype_info2(list, key);
  return refuse(error_code::preauth_failed, reason, list.empty() ? Octets() : kerberos::encode(list.list()));
}

// How the proof is encrypted: in the account's key itself, or in one that FAST's armor is part of.
struct Method {
  const crypto::Key* armor_key;  // null outside FAST

  std::int32_t usage() const {
    return armor_key == nullptr ? key_usage::pa_enc_timestamp : key_usage::challenge_client;
  }
  Result<Secret> decrypt(const crypto::Key& long_term, Bytes cipher) const {
    if (armor_key == nullptr) return crypto::decrypt(long_term, usage(), cipher);
    const auto key = crypto::combine(*armor_key, long_term, "clientchallengearmor", "challengelongterm");
    return crypto::decrypt(key, usage(), cipher);
  }
  // What else stands in an error inside FAST: by what the client finds its key. Outside a bare error is
  // better, which old Windows clients correct their clock by.
  Octets hints(const directory::LongTermKey& long_term) const {
    if (armor_key == nullptr) return {};
    MadePadata list;
    add_etype_info2(list, long_term);
    return kerberos::encode(list.list());
  }
  // RFC 6113 5.4.6: the KDC's own time.
  Octets answer(const crypto::Key& long_term, Now now) const {
    if (armor_key == nullptr) return {};
    const auto combined = crypto::combine(*armor_key, long_term, "kdcchallengearmor", "challengelongterm");
    const Octets time = kerberos::encode(kerberos::PaEncTsEnc{now.seconds, now.microseconds});
    const Octets cipher = crypto::encrypt(combined, key_usage::challenge_kdc, time);
    return kerberos::encode(kerberos::EncryptedData{combined.etype(), std::nullopt, cipher});
  }
};

// Whether one of the account's last passwords was meant: not counted as a guess [MS-SAMR 3.1.1.7.1].
bool is_former(const Kdc& kdc, const directory::Principal& client, const Method& method, std::int32_t etype,
               Bytes cipher) {
  for (std::uint32_t back = 1; back <= directory::former_versions && back < client.account.kvno; ++back) {
    const auto keys = kdc.directory.keys(kdc.tenant.id, client.account.id, client.account.kvno - back);
    const auto* former = keys ? account::find_key(*keys, etype) : nullptr;
    if (former == nullptr) continue;
    const auto key = account::usable(*former);
    if (key && method.decrypt(**key, cipher)) return true;
  }
  return false;
}

// What a timestamp that was decrypted says.
struct Opened {
  Verdict verdict = Verdict::wrong;
  std::optional<kerberos::PaEncTsEnc> time;  // where the key was right
};

Opened open_timestamp(const Kdc& kdc, const directory::Principal& client, const Method& method,
                      const crypto::Key& long_term, Bytes cipher) {
  const auto plain = method.decrypt(long_term, cipher);
  if (!plain)
    return {is_former(kdc, client, method, long_term.etype(), cipher) ? Verdict::former : Verdict::wrong,
            std::nullopt};
  const auto time = kerberos::parse<kerberos::PaEncTsEnc>(plain->bytes());
  if (!time) return {Verdict::unreadable, std::nullopt};
  return {Verdict::right, *time};
}

// For a client that is not there: as much work as for one that is.
void decrypt_in_vain(const Method& method, std::int32_t etype, Bytes cipher) {
  if (crypto::find_etype(etype) == nullptr) return;
  const auto random = crypto::Key::random(etype);
  [[maybe_unused]] const bool opened = method.decrypt(random, cipher).has_value();
}

struct ProvenKey {
  const directory::LongTermKey& stored;
  const crypto::Key& key;
};
Judged<Proof> judge_timestamp(const Kdc& kdc, const Method& method, const ProvenKey& proven,
                              const kerberos::PaEncTsEnc& time, Now now) {
  const std::int64_t off = time.patimestamp - now.seconds;
  if (off > kdc.policy.max_skew || -off > kdc.policy.max_skew)
    return refuse(error_code::skew, "the client's clock is off", method.hints(proven.stored));
  return Proof{time.patimestamp * microseconds + time.pausec.value_or(0), method.answer(proven.key, now)};
}

std::string_view why_not_proven(Verdict verdict, const directory::Principal& client,
                                const directory::LongTermKey* key) {
  if (verdict == Verdict::locks) return reason_locks;
  if (verdict == Verdict::unwritten) return "the wrong key, and the directory could not count it";
  if (verdict == Verdict::former) return "one of the last passwords";
  if (key != nullptr) return "the wrong key";
  return client.keys.empty() ? "the account has no password and no keys"
                             : "a proof in an etype that the account has no key of";
}

// A random key cannot be guessed, so that to lock its account would only serve who wants the service to stop.
directory::LockoutPolicy lockout_of(const Kdc& kdc, const directory::Principal& client) {
  directory::LockoutPolicy policy = kdc.policy.lockout;
  if (client.account.kind == directory::AccountKind::service) policy.threshold = 0;
  return policy;
}

tl::unexpected<Refusal> locked() {
  return refuse(error_code::client_revoked, "the account is locked",
                account::nt_status_data(account::nt_status::account_locked_out, account::Exchange::as));
}

// What counts against a name that nobody has, as it would against a user's. Most names of several components
// and those with a "$" are services', which do not lock.
bool may_be_user(const kerberos::PrincipalName& name) {
  return name.size() == 1 && name.component(0).size() <= directory::max_name &&
         !name.component(0).ends_with('$');
}

// Under what a failure counts: all spellings by which the directory would find one account count together,
// and no others do, or they would tell who has one.
std::string counted_form(const Kdc& kdc, const kerberos::PrincipalName& client) {
  std::string_view name = client.component(0);
  const std::size_t at = name.rfind('@');
  if (client.name_type == kerberos::name_type::enterprise && at != name.npos &&
      equal_without_case(name.substr(at + 1), kdc.tenant.realm))
    name = name.substr(0, at);
  return directory::unique_key(name);
}

// The answer to a proof for a client that is not there, where it is not to be told from one that is.
tl::unexpected<Refusal> refuse_unknown(const Kdc& kdc, const AsRequest& request, const AsClient& client,
                                       const Method& method, const kerberos::EncryptedData& proof, Now now) {
  const auto& name = *request.body.cname;
  if (may_be_user(name) && account::allows(kdc.policy, {}, proof.etype) &&
      !kdc.attempts.count_unknown(kdc.tenant.id, counted_form(kdc, name), kdc.policy.lockout, now.seconds))
    return locked();
  decrypt_in_vain(method, proof.etype, proof.cipher);
  return failed(kdc, request, client, "the client is unknown");
}

}  // namespace

void add_etype_info2(MadePadata& list, const directory::LongTermKey& key) {
  kerberos::Made<kerberos::EtypeInfo2> info;
  kerberos::EtypeInfo2Entry entry{key.etype, as_bytes(key.salt), std::nullopt};
  if (!key.s2kparams.empty()) entry.s2kparams = key.s2kparams;
  info.add(entry);
  const Octets value = kerberos::encode(info.list());
  list.add({padata::etype_info2, value});
}

bool has_proof(const AsRequest& request) {
  return request.padata.has(request.fast == nullptr ? padata::enc_timestamp : padata::encrypted_challenge);
}

Judged<Proof> prove(const Kdc& kdc, const AsRequest& request, const AsClient& client, Now now) {
  const Method method{request.fast == nullptr ? nullptr : &request.fast->armor_key};
  const auto element =
      request.padata.find(method.armor_key == nullptr ? padata::enc_timestamp : padata::encrypted_challenge);
  if (!element) return no_proof(kdc, request, client, now);
  const auto encrypted = kerberos::parse<kerberos::EncryptedData>(element->value);
  if (!encrypted) return failed(kdc, request, client, "a proof that is not well formed");
  if (!client.principal) return refuse_unknown(kdc, request, client, method, *encrypted, now);
  const directory::LongTermKey* key = account::allows(kdc.policy, client.principal->account, encrypted->etype)
                                          ? account::find_key(client.principal->keys, encrypted->etype)
                                          : nullptr;
  directory::Shared<crypto::Key> long_term;
  if (key != nullptr) {
    auto made = account::usable(*key);
    if (!made) return tl::unexpected(account::unavailable(made.error()));
    long_term = *std::move(made);
  }
  Opened opened{Verdict::unreadable, std::nullopt};
  const auto verdict = kdc.attempts.try_key(kdc.directory, lockout_of(kdc, *client.principal),
                                            *client.principal, now.seconds, kdc.failures_seen, [&] {
                                              if (long_term)
                                                opened = open_timestamp(kdc, *client.principal, method,
                                                                        *long_term, encrypted->cipher);
                                              return opened.verdict;
                                            });
  if (!verdict) return tl::unexpected(account::unavailable(verdict.error()));
  if (*verdict == Verdict::locked) return locked();
  if (!opened.time) return failed(kdc, request, client, why_not_proven(*verdict, *client.principal, key));
  return judge_timestamp(kdc, method, {*key, *long_term}, *opened.time, now);
}

}  // namespace ferryman::kdc
