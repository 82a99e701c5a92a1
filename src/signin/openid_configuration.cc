#include "signin/openid_configuration.h"

#include <nlohmann/json.hpp>

namespace ferryman::signin {

std::string openid_configuration(std::string_view url, std::string_view tenant, std::string_view tenant_id,
                                 Endpoints endpoints) {
  const std::string base = std::string(url) + "/" + std::string(tenant);
  const bool v2 = endpoints == Endpoints::v2;
  const std::string oauth = base + (v2 ? "/oauth2/v2.0" : "/oauth2");
  // An issuer names one tenant; where the path does not, it has Entra's placeholder.
  const std::string issuer =
      std::string(url) + "/" + (tenant_id.empty() ? "{tenantid}" : std::string(tenant_id));
  nlohmann::ordered_json document;
  document["token_endpoint"] = oauth + "/token";
  document["token_endpoint_auth_methods_supported"] = {"none", "private_key_jwt"};
  document["jwks_uri"] = base + "/discovery/keys";
  document["response_modes_supported"] = {"query"};
  document["subject_types_supported"] = {"pairwise"};
  document["id_token_signing_alg_values_supported"] = {"ES256"};
  document["response_types_supported"] = {"code"};
  document["scopes_supported"] = {"openid"};
  document["issuer"] = issuer + (v2 ? "/v2.0" : "/");
  document["authorization_endpoint"] = oauth + "/authorize";
  document["device_authorization_endpoint"] = oauth + "/devicecode";
  document["code_challenge_methods_supported"] = {"S256"};
  document["kerberos_endpoint"] = base + "/kerberos";
  if (!tenant_id.empty()) document["tenant_id"] = tenant_id;
  return document.dump();
}

}  // namespace ferryman::signin
