#include <nlohmann/json.hpp>

#include "signin/registration.h"
#include "signin/tokens.h"

namespace ferryman::signin {

Answer discover(const Realm& realm, std::string_view path_tenant) {
  const auto tenant = find_tenant(realm, path_tenant);
  if (!tenant) return tenant.error();
  const std::string& url = realm.settings.url;
  const std::string base = url + "/EnrollmentServer", own = url + "/" + tenant->id.text();
  const auto service = [](const std::string& kind, const std::string& endpoint, const char* version) {
    return nlohmann::json{{kind + "Endpoint", endpoint},
                          {kind + "ResourceId", registration_audience},
                          {"ServiceVersion", version}};
  };
  nlohmann::json document{
      {"DeviceJoinService", service("Join", base + "/device/", "2.0")},
      {"DeviceRegistrationService", service("Registration", base + "/device/", "2.0")},
      {"KeyProvisioningService", service("KeyProvision", base + "/key/", "1.0")},
      {"NonceService", service("Nonce", base + "/nonce/" + tenant->id.text() + "/", "1.0")},
      {"DiscoveryService", {{"DiscoveryEndpoint", own + "/Discover"}, {"ServiceVersion", "1.9"}}},
      {"AuthenticationService",
       {{"OAuth2",
         {{"AuthCodeEndpoint", own + "/oauth2/authorize"}, {"TokenEndpoint", own + "/oauth2/token"}}}}},
      {"IdentityProviderService", {{"Federated", false}, {"PassiveAuthEndpoint", own + "/oauth2/authorize"}}},
      {"DeviceJoinResourceService",
       {{"Endpoint", base + "/device/"}, {"ResourceId", registration_audience}, {"ServiceVersion", "2.0"}}},
      {"TenantInfo",
       {{"TenantId", tenant->id.text()},
        {"TenantName",
         tenant->settings.domains.empty() ? tenant->settings.name : tenant->settings.domains.front()},
        {"DisplayName", tenant->settings.name}}}};
  if (realm.settings.attestation_roots)
    document["KeyAttestationService"] = service("KeyAttestation", base + "/key/attestation", "1.0");
  return json_answer(document.dump(), Kept::may_be);
}

}  // namespace ferryman::signin
