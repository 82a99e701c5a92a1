#include "login/pkinit_login.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "jose/ecdsa.h"
#include "login/credential_caches.h"
#include "login/domain_gateway.h"
#include "login/public_key_logon.h"
#include "login/recorded_client.h"
#include "login/signed_claims.h"

namespace ferryman::login {
namespace {

constexpr char cache_variable[] = "KRB5CCNAME";

// Why the last signature could not be made is kept beside it: a signer says only that there is none.
class StoredKey {
 public:
  StoredKey(const Keys& with, const AccountKeys& keys, const pki::PublicKey& public_key)
      : with_(with), keys_(keys), public_key_(public_key) {}

  pkinit::ClientSigner signer() {
    return {public_key_, [this](Bytes digest) { return sign(digest); }};
  }
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  std::optional<Octets> sign(Bytes digest) {
    auto signature = with_.store.sign(keys_.user.bytes(), with_.pin, digest);
    if (!signature) {
      failure_ = failure_of(signature.error());
      return std::nullopt;
    }
    if (public_key_.type() == pki::KeyType::rsa) return *std::move(signature);
    return jose::ecdsa_der_of_raw(*signature);
  }

  const Keys& with_;
  const AccountKeys& keys_;
  const pki::PublicKey& public_key_;
  std::optional<Failure> failure_;
};

Outcome<DecryptedReply> log_on(const Account& who, const SessionRecord& record, StoredKey& key,
                               const pkinit::KdcAnchors& anchors, std::int64_t now) {
  const RecordedClient client(record.client, record.realm);
  const AskKdc ask = [&](Bytes message) -> Outcome<Octets> {
    auto answer = ask_kdc(who, record.realm, record.kerberos_url, message);
    if (!answer) return tl::unexpected(std::move(answer.error()));
    return std::move(answer->message);
  };
  auto reply = log_on_by_public_key(client.get(), key.signer(), anchors, ask, now);
  if (!reply && key.failure()) return tl::unexpected(*key.failure());
  return reply;
}

}  // namespace

Outcome<SignedIn> log_on_by_pkinit(const Accounts& accounts, const EnrolledAccount& account, const Keys& with,
                                   const pkinit::KdcAnchors& anchors, std::int64_t now) {
  const Account& who = account.account();
  if (with.security_key != nullptr || !who.user_key)
    return fail(Fault::failed,
                "a FIDO2 security key signs no Kerberos messages: \"ferryman login\" without --pkinit");
  auto record = account.record();
  if (!record) return tl::unexpected(record.error());
  if (!*record || (*record)->client.empty())
    return fail(Fault::failed, "no sign-in has told the realm: \"ferryman login\" first");
  const auto keys = account.keys();
  if (!keys) return tl::unexpected(keys.error());
  StoredKey key(with, *keys, *who.user_key);
  SignedIn result{std::move(**record), std::nullopt};
  const auto reply = log_on(who, result.record, key, anchors, now);
  if (!reply) return tl::unexpected(reply.error());
  if (auto written = write_krb5_config(accounts); !written) return tl::unexpected(written.error());
  auto caches = CredentialCaches::open();
  if (!caches) return tl::unexpected(caches.error());
  const Credential credential = reply->credential();
  auto cache = caches->store(reply->client(), {&credential, 1});
  if (!cache) return tl::unexpected(cache.error());
  result.record.cache = std::move(*cache);
  result.record.ticket_expires = reply->part().endtime;
  result.record.no_ticket.clear();
  result.record.ccname.reset();
  if (const char* name = std::getenv(cache_variable)) result.record.ccname = name;
  if (auto written = account.write_record(result.record); !written) return tl::unexpected(written.error());
  return result;
}

}  // namespace ferryman::login
