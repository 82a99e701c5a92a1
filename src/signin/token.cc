#include "signin/token.h"

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "json/parse.h"
#include "signin/form.h"
#include "signin/proof.h"
#include "signin/prt.h"
#include "signin/token_answer.h"

namespace ferryman::signin {
namespace {

constexpr std::string_view challenge = "srv_challenge", password = "password", refresh = "refresh_token",
                           jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
// What clients ask tokens for by a scope, with the resource before it.
constexpr std::string_view registration_id = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";

// The parameters of the body that a grant looks at: each stands there once, in UTF-8, since what is in it
// goes into JSON. What was decoded may be a secret, and is overwritten.
class Form {
 public:
  static Step<Form> parse(Bytes body) {
    Form form;
    for (const std::string_view name : names) {
      auto found = find_parameter(as_text(body), name);
      if (found.state == Parameter::State::absent) continue;
      if (found.state == Parameter::State::repeated)
        return refuse({400, "invalid_request", entra::bad_request, "A parameter stands there twice.", name});
      if (!is_utf8(found.value))
        return refuse({400, "invalid_request", entra::bad_request, "A parameter is not UTF-8.", name});
      form.parameters_.emplace(name, std::move(found.value));
    }
    return form;
  }
  Form(Form&&) = default;
  Form& operator=(Form&&) = delete;
  ~Form() {
    for (auto& [name, value] : parameters_) json::wipe_text(value);
  }

  Step<std::string_view> required(std::string_view name) const {
    const auto found = parameters_.find(name);
    if (found == parameters_.end())
      return refuse(
          {400, "invalid_request", entra::missing_parameter, "A parameter of the body is missing.", name});
    return found->second;
  }
  // Empty where it is not there.
  std::string optional(std::string_view name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? std::string() : found->second;
  }

 private:
  static constexpr std::array<std::string_view, 9> names{"grant_type", "client_id",     "username",
                                                         "password",   "refresh_token", "resource",
                                                         "scope",      "request",       "tgt"};

  Form() = default;

  std::map<std::string_view, std::string> parameters_;
};

// Whom the token is to be for. Entra's clients say it as a resource, or in front of a scope; several names
// are the registration service's.
std::string resource_of(const Form& form) {
  std::string resource = form.optional("resource");
  if (resource.empty()) {
    const std::string scope = form.optional("scope");
    if (const auto slash = scope.find("/.default"); slash != scope.npos) {
      const auto begin = scope.rfind(' ', slash);
      resource =
          scope.substr(begin == scope.npos ? 0 : begin + 1, slash - (begin == scope.npos ? 0 : begin + 1));
    }
  }
  if (resource.empty() || equal_without_case(resource, registration_id))
    return std::string(registration_audience);
  return resource;
}

// token: the refresh token that it was asked with; empty: it gets one.
Answer with_tokens(const Realm& realm, const Form& form, const Subject& subject, std::string token = {}) {
  const auto keys = keys_of(realm, subject.tenant);
  if (!keys) return keys.error();
  if (token.empty()) {
    auto made = refresh_token(realm, **keys, subject);
    if (!made) return made.error();
    token = *std::move(made);
  }
  const auto body =
      token_answer(realm, **keys, subject,
                   {form.optional("client_id"), resource_of(form), form.optional("scope"), std::move(token)});
  if (!body) return body.error();
  Answer answer = json_answer(*body);
  answer.user = subject.user.name;
  answer.tenant = subject.tenant.settings.name;
  return answer;
}

Answer by_password(const Realm& realm, const Form& form, std::string_view path_tenant) {
  const auto user = form.required("username");
  if (!user) return user.error();
  const auto secret = form.required("password");
  if (!secret) return secret.error();
  const auto tenant = tenant_of_user(realm, path_tenant, *user);
  if (!tenant) return tenant.error();
  const auto proven = prove(realm, *tenant, *user, *secret);
  if (!proven) return proven.error();
  return with_tokens(realm, form, {*tenant, proven->user.account, {proven->gesture, true}});
}

Answer by_refresh_token(const Realm& realm, const Form& form, std::string_view path_tenant) {
  const auto token = form.required("refresh_token");
  if (!token) return token.error();
  const auto opened = open_refresh_token(realm, path_tenant, *token);
  if (!opened) return opened.error();
  // It is not renewed: who has shown a code an hour ago shows another one.
  return with_tokens(realm, form, {opened->tenant, opened->user.account, opened->shown}, std::string(*token));
}

// Which key signed it its algorithm tells; whether that is so is seen later.
Answer by_signed_request(const Realm& realm, const Form& form, std::string_view path_tenant) {
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
  const auto form = Form::parse(request.body);
  if (!form) return form.error();
  const auto grant = form->required("grant_type");
  if (!grant) return grant.error();
  if (*grant == challenge) return answer_nonce(realm, "Nonce", path_tenant);
  if (*grant == password) return by_password(realm, *form, path_tenant);
  if (*grant == refresh) return by_refresh_token(realm, *form, path_tenant);
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
