#include "signin/token_answer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"

namespace ferryman::signin {
namespace {

// What clients ask tokens for by a scope, with the resource before it.
constexpr std::string_view registration_id = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";

// The one that stands in front of a scope; empty where none does.
std::string_view resource_in(std::string_view scope) {
  const auto slash = scope.find("/.default");
  if (slash == scope.npos) return {};
  scope = scope.substr(0, slash);
  const auto blank = scope.rfind(' ');
  return blank == scope.npos ? scope : scope.substr(blank + 1);
}

Answer answer_of(const Subject& subject, const Step<std::string>& body) {
  if (!body) return body.error();
  Answer answer = json_answer(*body);
  answer.user = subject.user.name;
  answer.tenant = subject.tenant.settings.name;
  return answer;
}

}  // namespace

std::string resource_of(std::string_view resource, std::string_view scope) {
  if (resource.empty()) resource = resource_in(scope);
  if (resource.empty() || equal_without_case(resource, registration_id))
    return std::string(registration_audience);
  return std::string(resource);
}

Step<std::string> token_answer(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               const TokenRequest& request) {
  const std::string seconds = std::to_string(token_lifetime);
  const auto token = access_token(realm, keys, subject, request.resource);
  if (!token) return tl::unexpected(token.error());
  nlohmann::json body{{"token_type", "Bearer"},
                      {"scope", request.scope.empty() ? "openid" : request.scope},
                      {"expires_in", seconds},
                      {"ext_expires_in", seconds},
                      {"expires_on", std::to_string(realm.now() + token_lifetime)},
                      {"resource", request.resource},
                      {"access_token", *token},
                      {"id_token", id_token(realm, keys, subject, request.client_id, request.nonce)},
                      {"client_info", client_info(subject)}};
  if (!request.refresh_token.empty()) body["refresh_token"] = request.refresh_token;
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Answer answer_with_tokens(const Realm& realm, const Subject& subject, TokenRequest request) {
  const auto keys = keys_of(realm, subject.tenant);
  if (!keys) return keys.error();
  if (request.refresh_token.empty()) {
    auto made = refresh_token(realm, **keys, subject);
    if (!made) return made.error();
    request.refresh_token = *std::move(made);
  }
  return answer_of(subject, token_answer(realm, **keys, subject, request));
}

Answer answer_without_refresh_token(const Realm& realm, const Subject& subject, const TokenRequest& request) {
  const auto keys = keys_of(realm, subject.tenant);
  if (!keys) return keys.error();
  return answer_of(subject, token_answer(realm, **keys, subject, request));
}

}  // namespace ferryman::signin
