#include "signin/tokens.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "jose/claims.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/session_key.h"
#include "json/parse.h"
#include "signin/sealed_sign_in.h"

namespace ferryman::signin {
namespace {

using directory::Tenant;
using json::Json;

constexpr std::string_view of_prt = "prt";

auto bad_bearer(std::string_view reason) {
  Answer answer =
      refusal({401, "invalid_token", entra::bad_assertion, "The access token is not good here.", reason});
  answer.response.fields.push_back({"WWW-Authenticate", "Bearer error=\"invalid_token\""});
  return tl::unexpected(std::move(answer));
}

Json claims_of(const Realm& realm, const Subject& subject, std::string_view audience) {
  const std::string tenant = subject.tenant.id.text(), upn = upn_of(subject.tenant, subject.user);
  const std::string& shown = subject.user.settings.display_name;
  Json claims{{"aud", audience},
              {"iss", realm.settings.url + "/" + tenant + "/"},
              {"iat", realm.now()},
              {"nbf", realm.now()},
              {"exp", realm.now() + token_lifetime},
              {"oid", subject.user.id.text()},
              {"sub", subject.user.id.text()},
              {"tid", tenant},
              {"upn", upn},
              {"unique_name", upn},
              {"preferred_username", upn},
              {"name", shown.empty() ? subject.user.name : shown},
              {"ver", "1.0"}};
  if (subject.prt != nullptr) {
    claims["deviceid"] = subject.prt->device.text();
    claims["sid"] = subject.prt->id.text();
  }
  return claims;
}

std::string sign(const TenantKeys& keys, const Json& claims) {
  return jose::sign(keys.token_key, {{"kid", jose::thumbprint(keys.token_key.public_key())}}, claims.dump());
}

std::optional<std::string_view> bearer_of(const local::HttpRequest& request) {
  constexpr std::string_view scheme = "Bearer ";
  for (const local::Field& field : request.fields) {
    if (!equal_without_case(field.name, "authorization") || field.value.size() <= scheme.size()) continue;
    if (equal_without_case(field.value.substr(0, scheme.size()), scheme))
      return field.value.substr(scheme.size());
  }
  return std::nullopt;
}

// RFC 8176; "ngcmfa" is Entra's for a gesture that was made for this.
Json methods_of(const Shown& shown, std::int64_t now) {
  Json methods = Json::array();
  switch (shown.gesture) {
    case directory::Gesture::password:
      methods = {"pwd"};
      break;
    case directory::Gesture::code:
      methods = {"otp", "mfa"};
      break;
    case directory::Gesture::key:
      methods = {"rsa", "mfa"};
  }
  if (shown.strong_until > now) methods.push_back("ngcmfa");
  return methods;
}

// The token may be good for longer than the gesture counts.
bool shows_gesture(const Json& claims, std::int64_t now) {
  const Json* methods = json::member(claims, "amr", Json::value_t::array);
  const Json* until = json::member(claims, "strong_until", Json::value_t::number_unsigned);
  return methods != nullptr && std::find(methods->begin(), methods->end(), "ngcmfa") != methods->end() &&
         until != nullptr && until->get<std::int64_t>() > now;
}

}  // namespace

Step<std::string> access_token(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               std::string_view audience) {
  Json claims = claims_of(realm, subject, audience);
  const auto bond = bond_of(realm, subject.tenant, subject.user);
  if (!bond) return tl::unexpected(bond.error());
  claims["bond"] = *bond;
  claims["amr"] = methods_of(subject.shown, realm.now());
  if (subject.shown.strong_until > realm.now()) claims["strong_until"] = subject.shown.strong_until;
  if (subject.prt == nullptr && subject.shown.key) claims["kid"] = base64url_of(*subject.shown.key);
  return sign(keys, claims);
}

std::string id_token(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                     std::string_view audience, const std::string& nonce) {
  Json claims = claims_of(realm, subject, audience);
  if (!nonce.empty()) claims["nonce"] = nonce;
  return sign(keys, claims);
}

std::string client_info(const Subject& subject) {
  const Json info{{"uid", subject.user.id.text()}, {"utid", subject.tenant.id.text()}};
  return base64url_of(as_bytes(info.dump()));
}

namespace {

// A token that was got by a PRT ends with that one, and so with its key and device.
Step<void> check_not_revoked(const Realm& realm, const Tenant& tenant, const directory::Account& user,
                             const Json& claims) {
  if (const auto prt = id_of<directory::PrtId>(claims, "sid")) {
    const auto good = realm.directory.check_prt(tenant.id, user.id, *prt);
    if (!good && good.error().reason == directory::Reason::not_found)
      return refuse({401, "invalid_token", entra::bad_device,
                     "What the access token was got by is revoked, or its device is.",
                     "PRT, key or device revoked"});
    if (!good) return tl::unexpected(unavailable(good.error()));
    return {};
  }
  const auto bond = bond_of(realm, tenant, user);
  if (!bond) return tl::unexpected(bond.error());
  const std::string* said = json::text_member(claims, "bond");
  if (said == nullptr || *said != *bond) return bad_bearer("revoked, or password changed since");
  std::optional<directory::KeyId> key;
  if (!read_key_id(claims, key)) return bad_bearer("malformed");
  const auto present = check_key(realm, tenant, key);
  if (!present && present.error().response.status == 400) return bad_bearer("key revoked");
  return present;
}

}  // namespace

bool has_bearer(const local::HttpRequest& request) {
  return bearer_of(request).has_value();
}

Step<Access> verify_access(const Realm& realm, const local::HttpRequest& request) {
  const auto text = bearer_of(request);
  if (!text) return bad_bearer("no access token");
  const auto jws = jose::parse_jws(*text);
  if (!jws) return bad_bearer(name(jws.error()));
  auto tenant = named_tenant(realm, json::text_member(jws->claims, "tid"), bad_bearer);
  if (!tenant) return tl::unexpected(tenant.error());
  const auto keys = keys_of(realm, *tenant);
  if (!keys) return tl::unexpected(keys.error());
  if (const auto good = jose::verify(*jws, (*keys)->token_key.public_key()); !good)
    return bad_bearer(name(good.error()));
  if (const auto good = jose::check_times(jws->claims, realm.now()); !good)
    return bad_bearer(name(good.error()));
  const std::string* audience = json::text_member(jws->claims, "aud");
  const auto user = id_of<directory::ObjectId>(jws->claims, "oid");
  if (audience == nullptr || *audience != registration_audience || !user)
    return bad_bearer("token for another service");
  auto active = active_user(realm, *tenant, *user);
  if (!active && active.error().response.status == 400) return bad_bearer("user removed or disabled");
  if (!active) return tl::unexpected(active.error());
  if (const auto good = check_not_revoked(realm, *tenant, active->account, jws->claims); !good)
    return tl::unexpected(good.error());
  return Access{*std::move(tenant), *std::move(active), id_of<directory::DeviceId>(jws->claims, "deviceid"),
                shows_gesture(jws->claims, realm.now())};
}

Step<std::string> refresh_token(const Realm& realm, const TenantKeys& keys, const Subject& subject) {
  return seal_sign_in(realm, keys, subject, sealed_as::refresh);
}

Step<SealedSignIn> open_refresh_token(const Realm& realm, std::string_view path_tenant,
                                      std::string_view text) {
  return open_sign_in(realm, path_tenant, text, sealed_as::refresh, token_lifetime);
}

std::string prt_text(const TenantKeys& keys, const Tenant& tenant, const directory::PrtId& id,
                     Bytes session_key) {
  std::string key = base64_of(session_key);
  Json content{{"id", id.text()}, {"key", key}};
  json::wipe_text(key);
  return seal(keys, tenant, of_prt, std::move(content));
}

Step<OpenedPrt> open_prt(const Realm& realm, std::string_view path_tenant, std::string_view text) {
  auto opened = open_sealed(realm, path_tenant, text, of_prt);
  if (!opened) return tl::unexpected(opened.error());
  const auto id = id_of<directory::PrtId>(opened->content, "id");
  const std::string* encoded = json::text_member(opened->content, "key");
  auto key = encoded == nullptr ? std::nullopt : secret_of_base64(*encoded);
  json::wipe_texts(opened->content);
  if (!id || !key || key->size() != jose::session_key_size) return refuse_sealed("no token of this service");
  return OpenedPrt{std::move(opened->tenant), *id, std::move(*key)};
}

}  // namespace ferryman::signin
