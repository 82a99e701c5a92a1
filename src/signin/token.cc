#include "signin/token.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "signin/authorization.h"
#include "signin/device_code.h"
#include "signin/parameters.h"
#include "signin/proof.h"
#include "signin/prt.h"
#include "signin/sealed_sign_in.h"
#include "signin/token_answer.h"

namespace ferryman::signin {
namespace {

constexpr std::string_view code = "authorization_code", device_code = "device_code",
                           long_device_code = "urn:ietf:params:oauth:grant-type:device_code";
constexpr std::string_view challenge = "srv_challenge", password = "password", refresh = "refresh_token",
                           jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::array<std::string_view, 13> names{
    "grant_type", "client_id", "username", "password",     "refresh_token", "resource",   "scope",
    "request",    "tgt",       "code",     "redirect_uri", "code_verifier", "device_code"};

// What a form asks for.
TokenRequest asked(const Parameters& form) {
  return {std::string(form.optional("client_id")),
          resource_of(form.optional("resource"), form.optional("scope")),
          std::string(form.optional("scope"))};
}

Answer by_password(const Realm& realm, const Parameters& form, std::string_view path_tenant) {
  const auto user = form.required("username");
  if (!user) return user.error();
  const auto secret = form.required("password");
  if (!secret) return secret.error();
  const auto tenant = tenant_of_user(realm, path_tenant, *user);
  if (!tenant) return tenant.error();
  const auto proven = prove(realm, *tenant, *user, *secret);
  if (!proven) return proven.error();
  return answer_with_tokens(
      realm, {*tenant, proven->user.account, {proven->gesture, realm.now() + strong_lifetime}}, asked(form));
}

Answer by_refresh_token(const Realm& realm, const Parameters& form, std::string_view path_tenant) {
  const auto token = form.required("refresh_token");
  if (!token) return token.error();
  const auto opened = open_refresh_token(realm, path_tenant, *token);
  if (!opened) return opened.error();
  // It is not renewed: who has shown a code an hour ago shows another one.
  TokenRequest request = asked(form);
  request.refresh_token = *token;
  return answer_with_tokens(realm, opened->subject(), std::move(request));
}

Answer by_code(const Realm& realm, const Parameters& form, std::string_view path_tenant) {
  const auto code = form.required("code"), client = form.required("client_id"),
             redirect_uri = form.required("redirect_uri");
  if (!code) return code.error();
  if (!client) return client.error();
  if (!redirect_uri) return redirect_uri.error();
  return redeem_code(realm, path_tenant, {*code, *client, *redirect_uri, form.optional("code_verifier")});
}

// The older endpoint calls the device code a code.
Answer by_device_code(const Realm& realm, const Parameters& form, std::string_view path_tenant) {
  const auto client = form.required("client_id");
  if (!client) return client.error();
  const auto code = form.required(form.optional("device_code").empty() ? "code" : "device_code");
  if (!code) return code.error();
  return poll_device_code(realm, path_tenant, *client, *code);
}

// Which key signed it its algorithm tells; whether that is so is seen later.
Answer by_signed_request(const Realm& realm, const Parameters& form, std::string_view path_tenant) {
  const auto text = form.required("request");
  if (!text) return text.error();
  const auto jws = jose::parse_jws(*text);
  if (!jws)
    return refusal(
        {400, "invalid_request", entra::bad_request, "The request is no signed JWT.", name(jws.error())});
  const SignedRequest request{path_tenant, *text, *jws, equal_without_case(form.optional("tgt"), "true")};
  return jws->header.algorithm == "HS256" ? use_prt(realm, request) : grant_prt(realm, request);
}

}  // namespace

Answer answer_token(const Realm& realm, const local::HttpRequest& request, std::string_view path_tenant) {
  const auto form = Parameters::parse(as_text(request.body), names);
  if (!form) return form.error();
  const auto grant = form->required("grant_type");
  if (!grant) return grant.error();
  if (*grant == challenge) return answer_nonce(realm, "Nonce", path_tenant);
  if (*grant == password) return by_password(realm, *form, path_tenant);
  if (*grant == refresh) return by_refresh_token(realm, *form, path_tenant);
  if (*grant == code) return by_code(realm, *form, path_tenant);
  if (*grant == device_code || *grant == long_device_code) return by_device_code(realm, *form, path_tenant);
  if (*grant == jwt_bearer) return by_signed_request(realm, *form, path_tenant);
  return refusal(
      {400, "unsupported_grant_type", entra::unsupported_grant, "The grant type is not supported."});
}

Answer answer_nonce(const Realm& realm, const char* member, std::string_view path_tenant) {
  std::string bound(Nonces::every_tenant);
  if (!names_every_tenant(path_tenant)) {
    const auto tenant = find_tenant(realm, path_tenant);
    if (!tenant) return tenant.error();
    bound = tenant->id.text();
  }
  const auto nonces = realm.keys.nonces(realm.now());
  if (!nonces) return unavailable(nonces.error());
  const std::string nonce = (*nonces)->make(bound, realm.time, realm.settings.nonce_lifetime);
  if (nonce.empty()) return refusal({500, "server_error", entra::none, "There is no randomness."});
  return json_answer(nlohmann::json{{member, nonce}}.dump());
}

}  // namespace ferryman::signin
