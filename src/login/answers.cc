#include "login/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/guid.h"
#include "base/text.h"
#include "login/wiped_json.h"

namespace ferryman::login {
namespace {

using json::Json;
using json::text_member;

constexpr std::size_t max_text = 1024, max_names = 64;
constexpr std::chrono::hours longest_lifetime{24 * 366};

tl::unexpected<Failure> no_answer(std::string_view of, std::string_view what) {
  return fail(
      Fault::refused,
      fmt::format("the server's {} cannot be used: {}; is it a sign-in service of this version?", of, what));
}

// What goes into URLs, files and onto terminals.
bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= max_text &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

bool is_url(const std::string* text) {
  return text != nullptr && text->starts_with("https://") && is_plain(*text);
}

bool is_guid(const std::string* text) {
  return text != nullptr && guid_of_text(*text).has_value();
}

std::string lower_guid(const std::string& text) {
  return guid_of_text(text)->text();
}

const std::string* first_text(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const std::string* text = text_member(object, name)) return text;
  return nullptr;
}

std::optional<Service> service_of(const Json& discovery, const char* member, const char* endpoint,
                                  const char* resource) {
  const Json* service = json::member(discovery, member, Json::value_t::object);
  if (service == nullptr) return std::nullopt;
  const std::string *url = text_member(*service, endpoint), *of = text_member(*service, resource),
                    *version = text_member(*service, "ServiceVersion");
  if (!is_url(url) || of == nullptr || !is_plain(*of) || version == nullptr || !is_plain(*version))
    return std::nullopt;
  return Service{fmt::format("{}?api-version={}", *url, *version), *of};
}

// The claims of a JWT that nobody verifies.
std::optional<WipedJson> claims_of(const std::string* token) {
  if (token == nullptr) return std::nullopt;
  const auto begin = token->find('.');
  const auto end = begin == std::string::npos ? begin : token->find('.', begin + 1);
  if (end == std::string::npos) return std::nullopt;
  const auto claims = octets_of_base64url(std::string_view(*token).substr(begin + 1, end - begin - 1));
  return claims ? WipedJson::parse(*claims) : std::nullopt;
}

std::optional<Person> person_of(const Json& body) {
  const auto claims = claims_of(text_member(body, "id_token"));
  if (!claims) return std::nullopt;
  const std::string *id = text_member(**claims, "oid"), *tenant = text_member(**claims, "tid"),
                    *upn = first_text(**claims, {"upn", "preferred_username", "unique_name"}),
                    *name = text_member(**claims, "name");
  if (!is_guid(id) || !is_guid(tenant) || upn == nullptr || upn->empty() || upn->size() > max_text ||
      !is_utf8(*upn))
    return std::nullopt;
  Person person{lower_guid(*id), lower_guid(*tenant), *upn, {}};
  if (name != nullptr && name->size() <= max_text && is_utf8(*name)) person.name = *name;
  return person;
}

// "a,b:1433": those that are names of hosts or begin with a dot, in small letters.
std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty() && names.size() < max_names) {
    const auto end = std::min(list.find(','), list.size());
    std::string name(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    std::ranges::transform(name, name.begin(), ascii_lower);
    constexpr std::string_view taken = "abcdefghijklmnopqrstuvwxyz0123456789.-_:";
    if (!name.empty() && name.size() <= 255 && name.find_first_not_of(taken) == std::string::npos)
      names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

Outcome<Endpoints> parse_configuration(Bytes body) {
  const auto json = WipedJson::parse(body);
  if (!json) return no_answer("openid-configuration", "it is no JSON");
  const std::string *token = text_member(**json, "token_endpoint"),
                    *kerberos = text_member(**json, "kerberos_endpoint"),
                    *tenant = text_member(**json, "tenant_id");
  if (!is_url(token)) return no_answer("openid-configuration", "it has no https URL as token_endpoint");
  if (!is_url(kerberos))
    return no_answer("openid-configuration", "it names no KDC proxy (kerberos_endpoint)");
  if (!is_guid(tenant))
    return no_answer("openid-configuration", "it does not say the tenant's id (tenant_id)");
  return Endpoints{*token, *kerberos, lower_guid(*tenant)};
}

std::string Registration::device_url(const std::string& device_id) const {
  return fmt::format("{}{}{}?api-version={}", join_endpoint, join_endpoint.ends_with('/') ? "" : "/",
                     device_id, join_version);
}

Outcome<Registration> parse_discovery(Bytes body) {
  const auto json = WipedJson::parse(body);
  if (!json) return no_answer("Discover", "it is no JSON");
  const auto join = service_of(**json, "DeviceJoinService", "JoinEndpoint", "JoinResourceId"),
             key = service_of(**json, "KeyProvisioningService", "KeyProvisionEndpoint",
                              "KeyProvisionResourceId");
  if (!join || !key)
    return no_answer("Discover",
                     "it does not name where devices join (DeviceJoinService) and keys are "
                     "registered (KeyProvisioningService)");
  Registration registration;
  const Json& service = (**json)["DeviceJoinService"];
  registration.join_endpoint = *text_member(service, "JoinEndpoint");
  registration.join_version = *text_member(service, "ServiceVersion");
  registration.join = *join;
  registration.key = *key;
  registration.attestation =
      service_of(**json, "KeyAttestationService", "KeyAttestationEndpoint", "KeyAttestationResourceId");
  const Json* tenant = json::member(**json, "TenantInfo", Json::value_t::object);
  const std::string* name = tenant == nullptr ? nullptr : text_member(*tenant, "TenantName");
  if (name != nullptr && name->size() <= max_text && is_utf8(*name)) registration.tenant_name = *name;
  return registration;
}

Outcome<Secret> parse_nonce(Bytes body) {
  const auto json = WipedJson::parse(body);
  auto nonce = json ? json->secret("Nonce") : std::nullopt;
  if (!nonce) return no_answer("nonce", "there is none in it");
  return std::move(*nonce);
}

Outcome<TokenAnswer> parse_token_answer(Bytes body) {
  const auto json = WipedJson::parse(body);
  auto token = json ? json->secret("access_token") : std::nullopt;
  if (!token) return no_answer("answer", "it has no access token");
  // It stands in a header of its own.
  if (!std::ranges::all_of(as_text(token->bytes()), [](char c) { return c > ' ' && c < 0x7f; }))
    return no_answer("answer", "its access token is none");
  return TokenAnswer{std::move(*token), json->secret("refresh_token")};
}

Outcome<PrtAnswer> parse_prt_answer(Bytes body) {
  const auto json = WipedJson::parse(body);
  auto prt = json ? json->secret("refresh_token") : std::nullopt;
  if (!prt) return no_answer("answer", "it has no refresh token");
  const Json* lifetime = json::member(**json, "refresh_token_expires_in", Json::value_t::number_unsigned);
  if (lifetime == nullptr) return no_answer("answer", "it does not say how long its refresh token is good");
  auto person = person_of(**json);
  if (!person) return no_answer("answer", "it does not say whose it is (id_token)");
  PrtAnswer answer;
  answer.prt = std::move(*prt);
  answer.lifetime = std::chrono::seconds(
      std::min<std::uint64_t>(lifetime->get<std::uint64_t>(),
                              static_cast<std::uint64_t>(std::chrono::seconds(longest_lifetime).count())));
  answer.person = std::move(*person);
  if (const std::string* key = text_member(**json, "session_key_jwe")) answer.session_key = *key;
  answer.cloud_ticket = json->secret("tgt_cloud");
  answer.on_premises_ticket = json->secret("tgt_ad");
  if (const std::string* names = text_member(**json, "kerberos_top_level_names"))
    answer.top_level_names = names_of(*names);
  return answer;
}

Outcome<JoinAnswer> parse_join_answer(Bytes body) {
  const auto json = WipedJson::parse(body);
  const Json* member = json ? json::member(**json, "Certificate", Json::value_t::object) : nullptr;
  const std::string* text = member == nullptr ? nullptr : text_member(*member, "RawBody");
  const auto der = text == nullptr ? std::nullopt : octets_of_base64(*text);
  if (!der) return no_answer("answer", "it has no certificate for this device");
  auto certificate = pki::Certificate::parse(*der);
  if (!certificate) return no_answer("answer", "the certificate for this device cannot be read");
  const std::string name = certificate->common_name();
  if (!is_guid(&name)) return no_answer("answer", "the certificate for this device does not say its id");
  return JoinAnswer{lower_guid(name), std::move(*certificate)};
}

}  // namespace ferryman::login
