#include "signin/sign_in.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "jose/jwk.h"
#include "signin/device_code.h"
#include "signin/form.h"
#include "signin/openid_configuration.h"
#include "signin/posix_accounts.h"
#include "signin/registration.h"
#include "signin/token.h"

namespace ferryman::signin {
namespace {

using local::HttpRequest;

// What a path has for an endpoint: its tenant's name, or what stands behind the endpoint's own.
using Endpoint = Answer (*)(const Realm& realm, const HttpRequest& request, std::string_view part);

struct Route {
  std::string_view path;  // with "*" at its end: what begins so and goes on, which is the part
  std::string_view method;
  std::string_view service;  // as the log calls it
  Endpoint answer;
};

Answer home(const Realm&, const HttpRequest&, std::string_view) {
  Answer answer;
  answer.response = {200, {{"Content-Type", "text/plain; charset=utf-8"}}, "A sign-in service.\n"};
  return answer;
}

// As the tenant stands in documents: as it is written, and with its id.
Answer configuration(const Realm& realm, std::string_view tenant_name, Endpoints endpoints) {
  if (names_every_tenant(tenant_name))
    return json_answer(openid_configuration(realm.settings.url, Nonces::every_tenant, {}, endpoints),
                       Kept::may_be);
  const auto tenant = find_tenant(realm, tenant_name);
  if (!tenant) return tenant.error();
  return json_answer(
      openid_configuration(realm.settings.url, tenant->settings.name, tenant->id.text(), endpoints),
      Kept::may_be);
}

Answer configuration_v1(const Realm& realm, const HttpRequest&, std::string_view tenant) {
  return configuration(realm, tenant, Endpoints::v1);
}

Answer configuration_v2(const Realm& realm, const HttpRequest&, std::string_view tenant) {
  return configuration(realm, tenant, Endpoints::v2);
}

Answer signing_keys(const Realm& realm, const HttpRequest&, std::string_view tenant_name) {
  const auto tenant =
      find_tenant(realm, names_every_tenant(tenant_name) ? realm.settings.tenant : tenant_name);
  if (!tenant) return tenant.error();
  const auto keys = keys_of(realm, *tenant);
  if (!keys) return keys.error();
  return json_answer(jose::jwk_set({&(*keys)->token_key.public_key(), 1}), Kept::may_be);
}

// Clients that have a password ask this first, and want to hear that no other identity provider signs the
// user in. It is said of every user, and so tells nothing of any.
Answer user_realm(const Realm& realm, const HttpRequest&, std::string_view tenant_name) {
  if (!names_every_tenant(tenant_name)) {
    if (const auto tenant = find_tenant(realm, tenant_name); !tenant) return tenant.error();
  }
  return json_answer(R"({"ver":"1.0","account_type":"Managed"})");
}

// Of which tenant a domain is, and who signs its users in: asked with the domain alone.
Answer federation_provider(const Realm& realm, const HttpRequest& request, std::string_view) {
  const auto domain = find_parameter(request.query, "domain");
  const auto tenant = find_tenant(realm, domain.value);
  if (!tenant) return tenant.error();
  const std::string& url = realm.settings.url;
  const std::string host = url.substr(url.find("://") == url.npos ? 0 : url.find("://") + 3);
  return json_answer(
      nlohmann::json{{"tenantId", tenant->id.text()}, {"authority_host", host}, {"graph", url}}.dump());
}

Answer token(const Realm& realm, const HttpRequest& request, std::string_view tenant) {
  return answer_token(realm, request, tenant);
}

Answer device_code_v1(const Realm& realm, const HttpRequest& request, std::string_view tenant) {
  return give_device_code(realm, request, tenant, 1);
}

Answer device_code_v2(const Realm& realm, const HttpRequest& request, std::string_view tenant) {
  return give_device_code(realm, request, tenant, 2);
}

Answer discovery(const Realm& realm, const HttpRequest&, std::string_view tenant) {
  return discover(realm, tenant);
}

std::string_view without_slash(std::string_view part) {
  if (part.ends_with('/')) part.remove_suffix(1);
  return part;
}

Answer registration_nonce(const Realm& realm, const HttpRequest&, std::string_view tenant) {
  return answer_nonce(realm, "Value", without_slash(tenant));
}

Answer join(const Realm& realm, const HttpRequest& request, std::string_view) {
  return join_device(realm, request);
}

Answer leave_device(const Realm& realm, const HttpRequest& request, std::string_view id) {
  return leave(realm, request, without_slash(id));
}

Answer add_key(const Realm& realm, const HttpRequest& request, std::string_view) {
  return register_key(realm, request);
}

Answer attestation(const Realm& realm, const HttpRequest& request, std::string_view) {
  return attestation_challenge(realm, request);
}

Answer options_of_passkey(const Realm& realm, const HttpRequest& request, std::string_view) {
  return passkey_options(realm, request);
}

Answer add_passkey(const Realm& realm, const HttpRequest& request, std::string_view) {
  return register_passkey(realm, request);
}

constexpr std::array<Route, 12> tenant_routes{{
    {"/.well-known/openid-configuration", "GET", "openid-configuration", configuration_v1},
    {"/v2.0/.well-known/openid-configuration", "GET", "openid-configuration", configuration_v2},
    {"/discovery/keys", "GET", "keys", signing_keys},
    {"/discovery/v2.0/keys", "GET", "keys", signing_keys},
    {"/UserRealm/*", "GET", "user-realm", user_realm},
    {"/oauth2/token", "POST", "token", token},
    {"/oauth2/v2.0/token", "POST", "token", token},
    {"/oauth2/devicecode", "POST", "devicecode", device_code_v1},
    {"/oauth2/v2.0/devicecode", "POST", "devicecode", device_code_v2},
    {"/Discover", "GET", "discover", discovery},
    {"/DiscoverV2", "GET", "discover", discovery},
    {"/posix/accounts", "GET", "posix-accounts", posix_accounts},
}};
constexpr std::array<Route, 11> routes{{
    {"/", "GET", "home", home},
    {"/odc/v2.1/federationProvider", "GET", "federation-provider", federation_provider},
    {"/EnrollmentServer/nonce/*", "GET", "registration-nonce", registration_nonce},
    {"/EnrollmentServer/device", "POST", "join", join},
    {"/EnrollmentServer/device/", "POST", "join", join},
    {"/EnrollmentServer/device/*", "DELETE", "leave", leave_device},
    {"/EnrollmentServer/key", "POST", "register-key", add_key},
    {"/EnrollmentServer/key/", "POST", "register-key", add_key},
    {"/EnrollmentServer/key/attestation", "POST", "register-key", attestation},
    {"/EnrollmentServer/key/fido2", "GET", "register-key", options_of_passkey},
    {"/EnrollmentServer/key/fido2", "POST", "register-key", add_passkey},
}};

// What stands before "*"; the whole path where none does.
std::string_view fixed_part(const Route& route) {
  return route.path.substr(0, route.path.find('*'));
}

bool matches(std::string_view path, const Route& route) {
  const std::string_view fixed = fixed_part(route);
  if (fixed.size() == route.path.size()) return equal_without_case(path, fixed);
  return path.size() > fixed.size() && equal_without_case(path.substr(0, fixed.size()), fixed);
}

// What a path asks for. other_method: there is something at it, but not for this method.
struct Target {
  const Route* route = nullptr;
  std::string_view part{};
  const Route* other_method = nullptr;
};

void look(std::span<const Route> among, std::string_view path, std::string_view method, Target& target) {
  for (const Route& route : among) {
    if (target.route != nullptr || !matches(path, route)) continue;
    (route.method == method ? target.route : target.other_method) = &route;
  }
}

Target find_target(std::string_view path, std::string_view method) {
  Target target;
  look(routes, path, method, target);
  if (target.route != nullptr) target.part = path.substr(fixed_part(*target.route).size());
  const auto slash = path.find('/', 1);
  if (target.route != nullptr || target.other_method != nullptr || slash == path.npos) return target;
  look(tenant_routes, path.substr(slash), method, target);
  target.part = path.substr(1, slash - 1);
  return target;
}

Answer not_allowed(std::string_view method) {
  Answer answer = refusal({405, "invalid_request", entra::none, "The method is not allowed here."});
  answer.response.fields.push_back({"Allow", std::string(method)});
  return answer;
}

}  // namespace

Answer SignIn::answer(const HttpRequest& request, const Settings& settings, const account::Policy& policy,
                      Nonces::Time now) {
  const Target target = find_target(request.path, request.method);
  if (target.route == nullptr && target.other_method != nullptr)
    return not_allowed(target.other_method->method);
  if (target.route == nullptr)
    return refusal({404, "not_found", entra::none, "There is nothing at this path."});
  Answer answer = target.route->answer(realm(settings, policy, now), request, target.part);
  answer.service = target.route->service;
  return answer;
}

}  // namespace ferryman::signin
