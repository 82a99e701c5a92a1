#include "signin/sign_in.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "signin/form.h"
#include "signin/openid_configuration.h"

namespace ferryman::signin {
namespace {

using local::HttpRequest;

enum class Service : std::uint8_t { home, configuration_v1, configuration_v2, token };

struct Route {
  std::string_view path;  // behind the tenant
  std::string_view method;
  Service service;
};

constexpr std::array<Route, 4> routes{{
    {"/.well-known/openid-configuration", "GET", Service::configuration_v1},
    {"/v2.0/.well-known/openid-configuration", "GET", Service::configuration_v2},
    {"/oauth2/token", "POST", Service::token},
    {"/oauth2/v2.0/token", "POST", Service::token},
}};
constexpr Route home{"/", "GET", Service::home};

Answer json(std::string body) {
  return {{200, {{"Content-Type", "application/json; charset=utf-8"}}, std::move(body)}, {}, {}};
}

// entra_code: what Entra calls it, an AADSTS number, by which its clients tell errors apart; 0: none.
Answer refusal(std::uint16_t status, std::string_view error, unsigned entra_code,
               std::string_view description) {
  nlohmann::ordered_json body;
  body["error"] = error;
  std::string text(description);
  if (entra_code != 0) text = "AADSTS" + std::to_string(entra_code) + ": " + text;
  body["error_description"] = text;
  if (entra_code != 0) body["error_codes"] = {entra_code};
  Answer answer = json(body.dump());
  answer.response.status = status;
  answer.response.fields.push_back({"Cache-Control", "no-store"});
  answer.error = error;
  return answer;
}

// The tenant of a path and what stands behind it.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  const auto slash = path.find('/', 1);
  if (slash == std::string_view::npos) return {path.substr(1), {}};
  return {path.substr(1, slash - 1), path.substr(slash)};
}

const Route* find_route(std::string_view path) {
  if (path == home.path) return &home;
  const std::string_view rest = split(path).second;
  for (const Route& route : routes) {
    if (equal_without_case(rest, route.path)) return &route;
  }
  return nullptr;
}

// The tenant as it is to stand in documents; empty: there is none of that name.
std::string_view find_tenant(std::string_view name, const Settings& settings) {
  constexpr std::string_view common = "common";
  if (equal_without_case(name, common)) return common;
  return equal_without_case(name, settings.tenant) ? std::string_view(settings.tenant) : std::string_view();
}

Answer not_allowed(std::string_view method) {
  Answer answer = refusal(405, "invalid_request", 0, "The method is not allowed here.");
  answer.response.fields.push_back({"Allow", std::string(method)});
  return answer;
}

std::string_view name(Service service) {
  switch (service) {
    case Service::home:
      return "home";
    case Service::configuration_v1:
    case Service::configuration_v2:
      return "openid-configuration";
    case Service::token:
      return "token";
  }
  return {};
}

}  // namespace

Answer SignIn::answer(const HttpRequest& request, const Settings& settings, Nonces::Time now) const {
  Answer answer = serve(request, settings, now);
  if (const Route* const route = find_route(request.path)) answer.service = name(route->service);
  return answer;
}

Answer SignIn::serve(const HttpRequest& request, const Settings& settings, Nonces::Time now) const {
  const Route* const route = find_route(request.path);
  if (route == nullptr) return refusal(404, "not_found", 0, "There is nothing at this path.");
  if (request.method != route->method) return not_allowed(route->method);
  if (route->service == Service::home) {
    return {{200, {{"Content-Type", "text/plain; charset=utf-8"}}, "A sign-in service.\n"}, {}, {}};
  }
  const std::string_view tenant = find_tenant(split(request.path).first, settings);
  if (tenant.empty()) return refusal(400, "invalid_tenant", 90002, "Tenant not found.");
  switch (route->service) {
    case Service::configuration_v1:
      return json(openid_configuration(settings.url, tenant, Endpoints::v1));
    case Service::configuration_v2:
      return json(openid_configuration(settings.url, tenant, Endpoints::v2));
    default:
      return token(request, settings, now);
  }
}

// RFC 6749 3.2. The Content-Type is not asked for: there are clients that send none.
Answer SignIn::token(const HttpRequest& request, const Settings& settings, Nonces::Time now) const {
  const Parameter grant = find_parameter(as_text(request.body), "grant_type");
  if (grant.state == Parameter::State::absent)
    return refusal(400, "invalid_request", 900144, "The body must have the parameter 'grant_type'.");
  if (grant.state == Parameter::State::repeated)
    return refusal(400, "invalid_request", 0, "The parameter 'grant_type' stands there twice.");
  if (grant.value != "srv_challenge")
    return refusal(400, "unsupported_grant_type", 70003, "The grant type is not supported.");
  const std::string nonce = nonces_.make(now, settings.nonce_lifetime);
  if (nonce.empty()) return refusal(500, "server_error", 0, "There is no randomness.");
  Answer answer = json(nlohmann::json{{"Nonce", nonce}}.dump());
  answer.response.fields.push_back({"Cache-Control", "no-store"});
  answer.response.fields.push_back({"Pragma", "no-cache"});
  return answer;
}

}  // namespace ferryman::signin
