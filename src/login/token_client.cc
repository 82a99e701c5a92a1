#include "login/token_client.h"

#include <fmt/format.h>

#include <utility>

#include "jose/jwe.h"
#include "jose/session_key.h"
#include "login/form.h"
#include "login/refusal.h"
#include "login/wiped_json.h"

namespace ferryman::login {
namespace {

using json::Json;

constexpr std::string_view form_type = "application/x-www-form-urlencoded",
                           jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
// As which program of Entra's the client signs in: "Windows Sign In". Nothing depends on it with ours.
constexpr std::string_view client_id = "38aa3b87-a06d-4817-b275-7a316988d93b";
constexpr std::string_view prt_scope = "openid aza ugs";
// A clock that is wrong by as much does not make an assertion one of the future or of the past.
constexpr std::int64_t dated_back = 300, valid_for = 3600;

std::string text_of(const Secret& secret) {
  return std::string(as_text(secret.bytes()));
}

Outcome<Secret> unwrap(const Device& device, std::string_view session_key) {
  const auto wrapped = jose::wrapped_session_key(session_key);
  if (!wrapped) return fail(Fault::refused, "the server's answer has no session key for this device");
  auto key = device.store.decrypt(device.transport_key, *wrapped);
  if (!key) return tl::unexpected(failure_of(key.error()));
  if (key->size() != jose::session_key_size)
    return fail(Fault::refused, "the server's session key is of another size than one has");
  return std::move(*key);
}

SignIn sign_in_of(PrtAnswer answer, Secret session_key) {
  return {{std::move(answer.prt), std::move(session_key)},
          answer.lifetime,
          std::move(answer.person),
          std::move(answer.cloud_ticket),
          std::move(answer.on_premises_ticket),
          std::move(answer.top_level_names)};
}

}  // namespace

Outcome<TokenClient> TokenClient::discover(HttpsClient& https, const std::string& url,
                                           const std::string& tenant) {
  const auto answer = https.ask({.url = fmt::format("{}/{}/.well-known/openid-configuration", url, tenant)});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200)
    return tl::unexpected(refusal_of(*answer, fmt::format("{} was asked for the tenant {}", url, tenant)));
  auto endpoints = parse_configuration(answer->body.bytes());
  if (!endpoints) return tl::unexpected(endpoints.error());
  return TokenClient(https, std::move(*endpoints));
}

Outcome<Secret> TokenClient::post(Bytes form, std::string_view asked) {
  auto answer = https_->ask(
      {.method = HttpsRequest::Method::post, .url = endpoints_.token, .media_type = form_type, .body = form});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200) return tl::unexpected(refusal_of(*answer, asked));
  return std::move(answer->body);
}

Outcome<Secret> TokenClient::nonce() {
  const auto body = post(form_of({{"grant_type", "srv_challenge"}}).bytes(), "the server gave no nonce");
  if (!body) return tl::unexpected(body.error());
  return parse_nonce(body->bytes());
}

Outcome<TokenAnswer> TokenClient::by_password(std::string_view user, Bytes password,
                                              std::string_view resource) {
  const Secret form = form_of({{"grant_type", "password"},
                               {"client_id", client_id},
                               {"username", user},
                               {"password", as_text(password)},
                               {"resource", resource},
                               {"scope", "openid"}});
  const auto body = post(form.bytes(), "the server refused the code or password");
  if (!body) return tl::unexpected(body.error());
  return parse_token_answer(body->bytes());
}

Outcome<SignIn> TokenClient::by_device(const Device& device, Json claims) {
  const auto nonce = this->nonce();
  if (!nonce) return tl::unexpected(nonce.error());
  claims["client_id"] = client_id;
  claims["scope"] = prt_scope;
  claims["request_nonce"] = text_of(*nonce);
  const WipedJson wiped(std::move(claims));
  const auto request = sign_by_device(device, *wiped);
  if (!request) return tl::unexpected(request.error());
  const Secret form = form_of({{"grant_type", jwt_bearer},
                               {"request", as_text(request->bytes())},
                               {"windows_api_version", "2.0"},
                               {"client_info", "1"},
                               {"tgt", "true"}});
  const auto body = post(form.bytes(), "the server refused the sign-in");
  if (!body) return tl::unexpected(body.error());
  auto answer = parse_prt_answer(body->bytes());
  if (!answer) return tl::unexpected(answer.error());
  auto session_key = unwrap(device, answer->session_key);
  if (!session_key) return tl::unexpected(session_key.error());
  return sign_in_of(std::move(*answer), std::move(*session_key));
}

Outcome<SignIn> TokenClient::by_refresh_token(const Device& device, Bytes refresh_token) {
  return by_device(device, {{"grant_type", "refresh_token"}, {"refresh_token", as_text(refresh_token)}});
}

ShowKey TokenClient::by_stored_key(const UserKey& user, const std::string& upn, std::int64_t now) const {
  return [&user, upn, now, tenant = endpoints_.tenant_id](const std::string& nonce) -> Outcome<Json> {
    const auto assertion = sign_by_user(user, {{"iss", upn},
                                               {"aud", tenant},
                                               {"iat", now - dated_back},
                                               {"exp", now + valid_for},
                                               {"request_nonce", nonce},
                                               {"scope", prt_scope}});
    if (!assertion) return tl::unexpected(assertion.error());
    return Json{{"grant_type", jwt_bearer}, {"username", upn}, {"assertion", as_text(assertion->bytes())}};
  };
}

Outcome<SignIn> TokenClient::by_key(const Device& device, const ShowKey& show) {
  const auto nonce = this->nonce();
  if (!nonce) return tl::unexpected(nonce.error());
  auto claims = show(text_of(*nonce));
  if (!claims) return tl::unexpected(claims.error());
  return by_device(device, *std::move(claims));
}

Outcome<Secret> TokenClient::by_session(const Session& session, Json claims, std::int64_t now,
                                        std::string_view asked) {
  const auto nonce = this->nonce();
  if (!nonce) return tl::unexpected(nonce.error());
  claims["client_id"] = client_id;
  claims["iss"] = "aad:brokerplugin";
  claims["grant_type"] = "refresh_token";
  claims["refresh_token"] = as_text(session.prt.bytes());
  claims["request_nonce"] = text_of(*nonce);
  claims["iat"] = now - dated_back;
  claims["exp"] = now + valid_for;
  const WipedJson wiped(std::move(claims));
  const Secret request = sign_by_session(session.key.bytes(), *wiped);
  const Secret form = form_of({{"grant_type", jwt_bearer},
                               {"request", as_text(request.bytes())},
                               {"windows_api_version", "2.0"},
                               {"client_info", "1"},
                               {"tgt", "true"}});
  const auto body = post(form.bytes(), asked);
  if (!body) return tl::unexpected(body.error());
  auto plain = jose::decrypt_answer(session.key.bytes(), as_text(body->bytes()));
  if (!plain)
    return fail(Fault::refused, fmt::format("{}: its answer is not encrypted for this session", asked));
  return std::move(*plain);
}

Outcome<SignIn> TokenClient::renew(const Session& session, std::int64_t now) {
  const auto body = by_session(session, {{"scope", prt_scope}}, now, "the server did not renew the sign-in");
  if (!body) return tl::unexpected(body.error());
  auto answer = parse_prt_answer(body->bytes());
  if (!answer) return tl::unexpected(answer.error());
  return sign_in_of(std::move(*answer), session.key.copy());
}

Outcome<Secret> TokenClient::access_token(const Session& session, std::string_view resource,
                                          std::int64_t now) {
  const auto body = by_session(session, {{"scope", "openid"}, {"resource", resource}}, now,
                               "the server gave no access token");
  if (!body) return tl::unexpected(body.error());
  auto answer = parse_token_answer(body->bytes());
  if (!answer) return tl::unexpected(answer.error());
  return std::move(answer->access_token);
}

}  // namespace ferryman::login
