#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "json/parse.h"
#include "pki/certificate_request.h"
#include "signin/device_certificate.h"
#include "signin/registration.h"
#include "signin/tokens.h"

namespace ferryman::signin {
namespace {

using json::Json;

constexpr std::size_t max_depth = 8, max_text = 256;
constexpr std::int64_t certificate_years = 10, seconds_of_year = std::int64_t{365} * 24 * 3600,
                       an_hour = 3600;

auto bad_request(std::string_view text) {
  return refuse({400, "invalid_request", entra::bad_request, text, text});
}

// What a device says of itself, for people: cut, and without what is not for their eyes.
std::string shown_text(const Json& body, const char* name) {
  const std::string* text = json::text_member(body, name);
  return text == nullptr ? std::string() : printable(std::string_view(*text).substr(0, max_text));
}

Step<pki::PublicKey> requested_key(const Json& body) {
  const Json* request = json::member(body, "CertificateRequest", Json::value_t::object);
  const std::string* data = request == nullptr ? nullptr : json::text_member(*request, "Data");
  const auto der = data == nullptr ? std::nullopt : octets_of_base64(*data);
  if (!der) return bad_request("CertificateRequest has no Data in base64.");
  auto key = pki::parse_certificate_request(*der);
  if (!key)
    return bad_request("The PKCS #10 request is not good: RSA of 2048 bits or more, or P-256, with SHA-256.");
  return *std::move(key);
}

Step<pki::PublicKey> transport_key(const Json& body) {
  const std::string* text = json::text_member(body, "TransportKey");
  if (text == nullptr) return bad_request("TransportKey is missing.");
  auto key = jose::key_of_text(*text);
  if (!key || key->type() != pki::KeyType::rsa)
    return bad_request("TransportKey is no public RSA key of 2048 bits or more.");
  return *std::move(key);
}

Answer remove(const Realm& realm, const directory::Tenant& tenant, const directory::DeviceId& device,
              const std::string& user) {
  const auto removed = realm.records.remove_device(tenant.id, device);
  if (!removed && removed.error().reason != directory::Reason::not_found) return unavailable(removed.error());
  Answer answer = json_answer("{}");
  answer.user = user;
  answer.tenant = tenant.settings.name;
  return answer;
}

// Why a certificate is not taken for the device's, from the reason that it is refused with.
Answer not_the_devices(const Answer& refused) {
  if (refused.response.status == 503) return refused;
  if (refused.reason == device_removed)
    return refusal({404, "not_found", entra::bad_device, "There is no such device.", device_removed});
  return refusal({403, "access_denied", entra::bad_device,
                  "The client's certificate is not that of a device which is joined and enabled.",
                  refused.reason});
}

// Of a known tenant.
Answer leave_tenant(const Realm& realm, const directory::Tenant& tenant, Bytes certificate,
                    const directory::DeviceId& device) {
  const auto keys = keys_of(realm, tenant);
  if (!keys) return keys.error();
  const auto shown = device_of_certificate(realm, tenant, **keys, certificate);
  if (!shown) return not_the_devices(shown.error());
  const auto owner = realm.directory.principal(tenant.id, shown->device.owner);
  if (!owner) return unavailable(owner.error());
  if (shown->device.id == device) return remove(realm, tenant, device, owner->account.name);
  Answer answer = refusal({403, "access_denied", entra::bad_device,
                           "The client's certificate is of another device.", "another device"});
  answer.user = owner->account.name;
  return answer;
}

// The device itself asks: in the TLS handshake it has shown its key. Of which tenant it is its certificate
// says, and that one's authority has to have signed it.
Answer leave_by_certificate(const Realm& realm, Bytes der, const directory::DeviceId& device) {
  const auto certificate = pki::Certificate::parse(der);
  const auto id = certificate ? pki::DeviceCa::tenant_of(*certificate) : std::nullopt;
  if (!id) return not_the_devices(refuse_device("no certificate of a device").value());
  const auto tenant = find_tenant(realm, id->text());
  if (!tenant) return not_the_devices(tenant.error());
  Answer answer = leave_tenant(realm, *tenant, der, device);
  answer.tenant = tenant->settings.name;
  return answer;
}

}  // namespace

Answer join_device(const Realm& realm, const local::HttpRequest& request) {
  const auto access = verify_access(realm, request);
  if (!access) return access.error();
  if (!access->shown_now)
    return refusal({403, "access_denied", entra::needs_gesture, "To join a device takes a new sign-in.",
                    "no new gesture"});
  const auto body = json::parse_object(as_text(request.body), max_depth);
  if (!body) return bad_request("The body is no JSON object.").value();
  const auto key = requested_key(*body);
  if (!key) return key.error();
  const auto transport = transport_key(*body);
  if (!transport) return transport.error();
  const auto keys = keys_of(realm, access->tenant);
  if (!keys) return keys.error();
  directory::Device device;
  device.id = directory::DeviceId{directory::random_guid()};
  device.owner = access->user.account.id;
  device.name = shown_text(*body, "DeviceDisplayName");
  device.type = shown_text(*body, "DeviceType");
  device.version = shown_text(*body, "OSVersion");
  device.created = realm.now();
  const auto certificate = (*keys)->device_ca.issue(
      *key, device.id, {realm.now() - an_hour, realm.now() + certificate_years * seconds_of_year});
  device.certificate = certificate.der();
  device.transport_key = transport->subject_public_key_info();
  if (const auto added = realm.records.add_device(access->tenant.id, device); !added) {
    if (added.error().reason == directory::Reason::invalid)
      return refusal({400, "invalid_request", entra::bad_request,
                      "The user has joined too many devices; remove one first.", "too many devices"});
    return unavailable(added.error());
  }
  const Json membership = Json::array({{{"LocalSID", "S-1-5-32-544"}, {"AddSIDs", Json::array()}}});
  Answer answer = json_answer(Json{
      {"Certificate", {{"Thumbprint", certificate.thumbprint()}, {"RawBody", base64_of(device.certificate)}}},
      {"User", {{"Upn", upn_of(access->tenant, access->user.account)}}},
      {"MembershipChanges",
       membership}}.dump());
  answer.user = access->user.account.name;
  answer.tenant = access->tenant.settings.name;
  return answer;
}

Answer leave(const Realm& realm, const local::HttpRequest& request, std::string_view id) {
  const auto guid = guid_of_text(id);
  if (!guid) return refusal({404, "not_found", entra::bad_device, "There is no such device."});
  const directory::DeviceId device{*guid};
  if (!has_bearer(request) && !request.client_certificate.empty())
    return leave_by_certificate(realm, request.client_certificate, device);
  const auto access = verify_access(realm, request);
  if (!access) return access.error();
  if (access->device != device)
    return refusal({403, "access_denied", entra::bad_device, "The access token is of another device.",
                    "another device"});
  return remove(realm, access->tenant, device, access->user.account.name);
}

}  // namespace ferryman::signin
