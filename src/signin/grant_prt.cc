#include <optional>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "crypto/openssl.h"
#include "jose/claims.h"
#include "jose/jwe.h"
#include "jose/session_key.h"
#include "json/parse.h"
#include "signin/device_certificate.h"
#include "signin/passkeys.h"
#include "signin/proof.h"
#include "signin/prt.h"
#include "signin/prt_answer.h"
#include "signin/sealed_sign_in.h"

namespace ferryman::signin {
namespace {

using directory::Tenant;
using json::Json;

constexpr std::string_view by_key = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                           by_passkey = "urn:ferryman:params:oauth:grant-type:webauthn",
                           by_refresh_token = "refresh_token", by_password = "password";
// How long a gesture stands for one that was made just now.

auto bad_assertion(std::string_view reason) {
  return refuse({400, "invalid_grant", entra::bad_assertion,
                 "The assertion is not good: another key, another user or a wrong time.", reason});
}

// Who signed in, how, and whatever nonces that took.
struct SignedIn {
  directory::Principal user;
  directory::Gesture gesture;
  std::optional<directory::KeyId> key{};
  std::int64_t strong_until = 0;
  std::vector<directory::NonceUse> nonces{};
};

Step<directory::KeyCredential> key_of(const Realm& realm, const Tenant& tenant, const jose::Jws& assertion) {
  if (assertion.header.use != "ngc" || !assertion.header.key_id) return bad_assertion("no key is named");
  const auto octets = octets_of_base64(*assertion.header.key_id);
  directory::KeyId id{};
  if (!octets || octets->size() != id.size()) return bad_assertion("no key is named");
  std::copy(octets->begin(), octets->end(), id.begin());
  auto key = realm.records.key(tenant.id, id);
  if (!key && key.error().reason != directory::Reason::not_found)
    return tl::unexpected(unavailable(key.error()));
  if (!key || key->kind != directory::KeyKind::hello) return bad_assertion("key unknown or revoked");
  return std::move(*key);
}

// With a key of the user's: the assertion says who, whatever else the request says.
Step<SignedIn> verify_assertion(const Realm& realm, const Tenant& tenant, const directory::Device& device,
                                const SignedRequest& request) {
  const auto assertion = jose::parse_jws(claim(request.jws.claims, "assertion"));
  if (!assertion) return bad_assertion(name(assertion.error()));
  const auto key = key_of(realm, tenant, *assertion);
  if (!key) return tl::unexpected(key.error());
  const auto user_key = realm.keys.user_key(*key);
  if (!user_key || !jose::verify(*assertion, *user_key)) return bad_assertion("not signed by the key");
  if (const auto good = jose::check_times(assertion->claims, realm.now()); !good)
    return bad_assertion(name(good.error()));
  if (key->device != device.id) return bad_assertion("key of another device");
  auto named = find_user(realm, tenant, claim(assertion->claims, "iss"));
  if (!named) return tl::unexpected(named.error());
  if (!*named || (*named)->account.id != key->user) return bad_assertion("key of another user");
  if (const auto active = check_active(realm, (*named)->account); !active)
    return tl::unexpected(active.error());
  const auto nonce = nonce_of(realm, tenant, request, assertion->claims);
  if (!nonce) return tl::unexpected(nonce.error());
  return SignedIn{
      std::move(**named), directory::Gesture::key, key->id, realm.now() + key_strong_lifetime, {*nonce}};
}

Step<SignedIn> sign_in(const Realm& realm, const Tenant& tenant, const directory::Device& device,
                       const SignedRequest& request) {
  const Json& claims = request.jws.claims;
  const std::string& grant = claim(claims, "grant_type");
  if (grant == by_key) return verify_assertion(realm, tenant, device, request);
  if (grant == by_passkey) {
    const Json* assertion = json::member(claims, "assertion", Json::value_t::object);
    if (assertion == nullptr) return bad_assertion("no assertion");
    auto shown = verify_passkey(realm, tenant, *assertion, request.text);
    if (!shown) return tl::unexpected(shown.error());
    return SignedIn{
        std::move(shown->user), directory::Gesture::key, shown->key, realm.now() + key_strong_lifetime, {}};
  }
  if (grant == by_refresh_token) {
    auto refresh = open_refresh_token(realm, tenant.id.text(), claim(claims, "refresh_token"));
    if (!refresh) return tl::unexpected(refresh.error());
    // Or its holder had another PRT, good for longer, by one that is bound to a device.
    if (refresh->prt) return bad_assertion("refresh token of a PRT");
    return SignedIn{std::move(refresh->user),
                    refresh->shown.gesture,
                    refresh->shown.key,
                    refresh->shown.strong_until,
                    {}};
  }
  if (grant == by_password) {
    auto proven = prove(realm, tenant, claim(claims, "username"), claim(claims, "password"));
    if (!proven) return tl::unexpected(proven.error());
    return SignedIn{std::move(proven->user), proven->gesture, {}, realm.now() + key_strong_lifetime, {}};
  }
  return refuse(
      {400, "unsupported_grant_type", entra::unsupported_grant, "The grant type is not supported."});
}

// Where the path names no tenant, what the request is signed in with does.
Step<Tenant> tenant_of(const Realm& realm, const SignedRequest& request) {
  const Json& claims = request.jws.claims;
  if (!names_every_tenant(request.path_tenant)) return find_tenant(realm, request.path_tenant);
  if (const std::string& token = claim(claims, "refresh_token"); !token.empty()) {
    auto refresh = open_refresh_token(realm, request.path_tenant, token);
    if (!refresh) return tl::unexpected(refresh.error());
    return std::move(refresh->tenant);
  }
  if (const std::string& text = claim(claims, "assertion"); !text.empty()) {
    const auto assertion = jose::parse_jws(text);
    if (!assertion) return bad_assertion(name(assertion.error()));
    return tenant_of_user(realm, request.path_tenant, claim(assertion->claims, "iss"));
  }
  return tenant_of_user(realm, request.path_tenant, claim(claims, "username"));
}

Answer issue(const Realm& realm, const Tenant& tenant, const TenantKeys& keys,
             const directory::Device& device, SignedIn& signed_in, const SignedRequest& request) {
  const auto transport_key = realm.keys.transport_key(device);
  if (!transport_key) return refuse_device("damaged transport key").value();
  directory::Prt prt;
  prt.id = directory::PrtId{directory::random_guid()};
  prt.user = signed_in.user.account.id;
  prt.device = device.id;
  prt.gesture = signed_in.gesture;
  prt.key = signed_in.key;
  prt.created = realm.now();
  prt.expires = realm.now() + prt_seconds(realm);
  prt.strong_until = signed_in.strong_until;
  if (const auto added = realm.records.add_prt(tenant.id, prt, signed_in.nonces); !added)
    return not_used(added.error());
  Secret session_key(jose::session_key_size);
  crypto::openssl::random(session_key.writable());
  const Subject subject{tenant, signed_in.user.account, {}, &prt};
  PrtAnswer answer = answer_for(realm, keys, subject, request);
  answer.prt = prt_text(keys, tenant, prt.id, session_key.bytes());
  answer.session_key = jose::wrap_session_key(*transport_key, session_key.bytes());
  if (request.wants_ticket) {
    answer.cloud_ticket = cloud_ticket_text(realm, tenant, signed_in.user, prt.id, session_key.bytes());
    answer.partial_ticket =
        partial_ticket_text(realm, tenant, signed_in.user, prt.gesture, session_key.bytes());
  }
  Answer made = json_answer(prt_answer(answer, realm.now()));
  made.user = signed_in.user.account.name;
  return made;
}

// Of a known tenant.
Answer grant(const Realm& realm, const Tenant& tenant, const SignedRequest& request) {
  const auto keys = keys_of(realm, tenant);
  if (!keys) return keys.error();
  const auto device = verify_device(realm, tenant, **keys, request.jws);
  if (!device) return device.error();
  if (const auto good = jose::check_times(request.jws.claims, realm.now(), {.needs_times = false}); !good)
    return refusal({400, "invalid_client", entra::bad_signature, "The request is not of this time.",
                    name(good.error())});
  const auto nonce = nonce_of(realm, tenant, request, request.jws.claims);
  if (!nonce) return nonce.error();
  auto signed_in = sign_in(realm, tenant, *device, request);
  if (!signed_in) return signed_in.error();
  signed_in->nonces.push_back(*nonce);
  return issue(realm, tenant, **keys, *device, *signed_in, request);
}

}  // namespace

Step<directory::Device> verify_device(const Realm& realm, const Tenant& tenant, const TenantKeys& keys,
                                      const jose::Jws& jws) {
  if (jws.header.certificates.empty()) return refuse_device("no certificate");
  auto shown = device_of_certificate(realm, tenant, keys, jws.header.certificates.front());
  if (!shown) return tl::unexpected(std::move(shown.error()));
  if (const auto good = jose::verify(jws, shown->key); !good)
    return refuse({400, "invalid_client", entra::bad_signature, "The request's signature is not good.",
                   name(good.error())});
  return std::move(shown->device);
}

Answer grant_prt(const Realm& realm, const SignedRequest& request) {
  const auto tenant = tenant_of(realm, request);
  if (!tenant) return tenant.error();
  Answer answer = grant(realm, *tenant, request);
  answer.tenant = tenant->settings.name;
  return answer;
}

}  // namespace ferryman::signin
