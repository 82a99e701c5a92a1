#include "signin/passkeys.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/base64.h"
#include "crypto/openssl.h"
#include "signin/nonce_use.h"
#include "webauthn/ceremony.h"

namespace ferryman::signin {
namespace {

using directory::KeyCredential;
using directory::Reason;
using directory::Tenant;
using json::Json;

constexpr std::size_t max_name = 64;  // octets of a key's name

auto bad_key(std::string_view reason) {
  return refuse({400, "invalid_grant", entra::bad_assertion,
                 "The security key's answer is not good: another key, another user or another site.",
                 reason});
}

auto bad_registration(std::string_view reason) {
  return refuse(
      {400, "invalid_request", entra::bad_request, "The security key cannot be registered.", reason});
}

webauthn::RelyingParty relying_party(const Realm& realm) {
  webauthn::RelyingParty rp{realm.settings.rp_id, realm.settings.origins};
  rp.origins.push_back(realm.settings.url);
  return rp;
}

directory::KeyId key_id_of(Bytes credential_id) {
  directory::KeyId id{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {credential_id}, id);
  return id;
}

// A member that is there, and in base64url; empty else.
Octets octets_of(const Json& object, const char* name) {
  const std::string* text = json::text_member(object, name);
  auto octets = text == nullptr ? std::nullopt : octets_of_base64url(*text);
  return octets ? *std::move(octets) : Octets();
}

Step<std::string> challenge(const Realm& realm, const Tenant& tenant) {
  const auto nonces = realm.keys.nonces(realm.now());
  if (!nonces) return tl::unexpected(unavailable(nonces.error()));
  std::string nonce = (*nonces)->make(tenant.id.text(), realm.time, realm.settings.nonce_lifetime);
  if (nonce.empty()) return refuse({500, "server_error", entra::none, "There is no randomness."});
  return nonce;
}

Step<Json> descriptors_of(const Realm& realm, const Tenant& tenant, const directory::ObjectId& user) {
  const auto keys = realm.records.keys_of(tenant.id, user);
  if (!keys) return tl::unexpected(unavailable(keys.error()));
  Json descriptors = Json::array();
  for (const KeyCredential& each : *keys) {
    if (each.kind != directory::KeyKind::fido) continue;
    if (const auto credential = realm.keys.passkey(each))
      descriptors.push_back({{"type", "public-key"}, {"id", base64url_of(credential->id)}});
  }
  return descriptors;
}

Answer not_added(const directory::Failure& failure) {
  switch (failure.reason) {
    case Reason::already_exists:
      return refusal({409, "invalid_request", entra::bad_request,
                      "The security key is registered already, for another user.", "key of another"});
    case Reason::invalid:
      return refusal({400, "invalid_request", entra::bad_request,
                      "The user has registered too many keys; remove one first.", "too many keys"});
    case Reason::not_found:
      return refusal({401, "invalid_token", entra::revoked, "The user is gone.", "user removed"});
    default:
      return unavailable(failure);
  }
}

// Of an assertion that is good.
Answer not_counted(const directory::Failure& failure) {
  switch (failure.reason) {
    case Reason::already_exists:
      return bad_key("nonce replayed").value();
    case Reason::invalid:
      return bad_key("security key: signature counter has not gone on, there may be a copy of it").value();
    case Reason::not_found:
      return bad_key("key unknown or revoked").value();
    default:
      return unavailable(failure);
  }
}

Step<KeyCredential> key_of(const Realm& realm, const Tenant& tenant, Bytes credential_id) {
  if (credential_id.empty()) return bad_key("no key is named");
  auto key = realm.records.key(tenant.id, key_id_of(credential_id));
  if (!key && key.error().reason != Reason::not_found) return tl::unexpected(unavailable(key.error()));
  if (!key || key->kind != directory::KeyKind::fido) return bad_key("key unknown or revoked");
  return *std::move(key);
}

// What an authenticator remembers of the user it says where it knows her; that is she whose key it is.
Step<void> check_user_handle(const Realm& realm, const Tenant& tenant, const directory::ObjectId& user,
                             const Json& assertion) {
  const std::string* text = json::text_member(assertion, "userHandle");
  if (text == nullptr || text->empty()) return {};
  const auto handle = realm.records.user_handle(tenant.id, user);
  if (!handle) return tl::unexpected(unavailable(handle.error()));
  if (*text != base64url_of(*handle)) return bad_key("key of another user");
  return {};
}

webauthn::IsChallenge is_nonce_of(const Realm& realm, const Tenant& tenant, const Nonces& nonces) {
  return [&realm, id = tenant.id.text(), &nonces](std::string_view text) {
    return nonces.verify(text, id, realm.time);
  };
}

}  // namespace

Step<Json> passkey_creation_options(const Realm& realm, const Tenant& tenant,
                                    const directory::Account& user) {
  auto nonce = challenge(realm, tenant);
  if (!nonce) return tl::unexpected(nonce.error());
  auto present = descriptors_of(realm, tenant, user.id);
  if (!present) return tl::unexpected(present.error());
  const auto handle = realm.records.user_handle(tenant.id, user.id);
  if (!handle) return tl::unexpected(unavailable(handle.error()));
  const std::string upn = upn_of(tenant, user);
  const std::string& display_name = user.settings.display_name;
  Json parameters = Json::array();
  for (const auto each : {webauthn::Algorithm::es256, webauthn::Algorithm::eddsa, webauthn::Algorithm::rs256})
    parameters.push_back({{"type", "public-key"}, {"alg", static_cast<int>(each)}});
  return Json{
      {"challenge", *nonce},
      {"rp", {{"id", realm.settings.rp_id}, {"name", tenant.settings.name}}},
      {"user",
       {{"id", base64url_of(*handle)},
        {"name", upn},
        {"displayName", display_name.empty() ? upn : display_name}}},
      {"pubKeyCredParams", parameters},
      {"timeout", realm.settings.nonce_lifetime.count()},
      {"excludeCredentials", *present},
      {"authenticatorSelection",
       {{"residentKey", "preferred"}, {"requireResidentKey", false}, {"userVerification", "required"}}},
      {"attestation", tenant.settings.attestation_required ? "direct" : "none"}};
}

Step<Json> passkey_request_options(const Realm& realm, const Tenant& tenant,
                                   const std::optional<directory::ObjectId>& user) {
  const auto nonce = challenge(realm, tenant);
  if (!nonce) return tl::unexpected(nonce.error());
  const auto allowed = user ? descriptors_of(realm, tenant, *user) : Step<Json>(Json::array());
  if (!allowed) return tl::unexpected(allowed.error());
  return Json{{"challenge", *nonce},
              {"timeout", realm.settings.nonce_lifetime.count()},
              {"rpId", realm.settings.rp_id},
              {"allowCredentials", *allowed},
              {"userVerification", "required"}};
}

Step<KeyCredential> register_passkey(const Realm& realm, const Tenant& tenant, const directory::Account& user,
                                     const Json& credential, std::string_view request) {
  const auto nonces = realm.keys.nonces(realm.now());
  if (!nonces) return tl::unexpected(unavailable(nonces.error()));
  const bool needs_maker = tenant.settings.attestation_required;
  const pki::AttestationRoots* roots = realm.settings.attestation_roots.get();
  if (needs_maker && roots == nullptr) return bad_registration("no attestation_roots in realm.toml");
  const Octets client_data = octets_of(credential, "clientDataJSON");
  KeyCredential key;
  key.blob = octets_of(credential, "attestationObject");
  const auto verified = webauthn::verify_registration(relying_party(realm), {client_data, key.blob},
                                                      is_nonce_of(realm, tenant, **nonces),
                                                      needs_maker ? roots : nullptr, realm.now());
  if (!verified) return bad_registration(name(verified.error()));
  const directory::NonceUse used = use_of_nonce(realm, verified->challenge, request);
  if (const auto done = realm.records.use_nonces({&used, 1}); !done)
    return done.error().reason == Reason::already_exists ? bad_registration("nonce replayed")
                                                         : tl::unexpected(unavailable(done.error()));
  key.id = key_id_of(verified->credential_id);
  key.user = user.id;
  key.kind = directory::KeyKind::fido;
  if (const std::string* text = json::text_member(credential, "displayName"))
    key.name = text->size() <= max_name ? *text : std::string();
  key.aaguid = verified->aaguid;
  key.sign_count = verified->sign_count;
  key.created = realm.now();
  if (const auto added = realm.records.add_key(tenant.id, key); !added)
    return tl::unexpected(not_added(added.error()));
  return key;
}

Step<ShownPasskey> verify_passkey(const Realm& realm, const Tenant& tenant, const Json& assertion,
                                  std::string_view request) {
  const Octets id = octets_of(assertion, "id"), client_data = octets_of(assertion, "clientDataJSON"),
               data = octets_of(assertion, "authenticatorData"),
               signature = octets_of(assertion, "signature");
  const auto key = key_of(realm, tenant, id);
  if (!key) return tl::unexpected(key.error());
  const auto credential = realm.keys.passkey(*key);
  if (!credential) return bad_key("a damaged key");
  auto user = active_user(realm, tenant, key->user);
  if (!user) return tl::unexpected(user.error());
  const auto about = [&user](Answer refusal) {
    refusal.user = user->account.name;
    return tl::unexpected(std::move(refusal));
  };
  if (const auto good = check_user_handle(realm, tenant, key->user, assertion); !good)
    return about(good.error());
  const auto nonces = realm.keys.nonces(realm.now());
  if (!nonces) return tl::unexpected(unavailable(nonces.error()));
  const auto verified =
      webauthn::verify_assertion(relying_party(realm), *credential, {id, client_data, data, signature},
                                 is_nonce_of(realm, tenant, **nonces));
  if (!verified) return about(bad_key(name(verified.error())).value());
  const directory::NonceUse used = use_of_nonce(realm, verified->challenge, request);
  if (const auto counted =
          realm.records.use_key(tenant.id, key->id, verified->sign_count, realm.now(), {&used, 1});
      !counted)
    return about(not_counted(counted.error()));
  return ShownPasskey{*std::move(user), key->id};
}

}  // namespace ferryman::signin
