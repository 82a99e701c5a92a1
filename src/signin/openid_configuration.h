#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferryman::signin {

enum class Endpoints : std::uint8_t { v1, v2 };  // /oauth2/... or /oauth2/v2.0/..., as Entra tells them apart

// The tenant's OpenID provider metadata (OpenID Connect Discovery 1.0, 3) as JSON, with Entra's names, among
// them kerberos_endpoint: where KDC-PROXY-MESSAGEs of the tenant go to. url: how clients reach the service,
// without a slash at its end; tenant: as it stands in paths; tenant_id: a GUID, as which it issues tokens,
// empty where no tenant is named.
std::string openid_configuration(std::string_view url, std::string_view tenant, std::string_view tenant_id,
                                 Endpoints endpoints);

}  // namespace ferryman::signin
