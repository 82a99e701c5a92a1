#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ferryman::exchange {

// An AS-REQ that any KDC of the realm answers and that logs nobody on: its client's name holds characters
// that Active Directory allows in none (RFC 4120 5.4.1). The answer is KDC_ERR_C_PRINCIPAL_UNKNOWN or the
// like. octets: how large it is at least, up to 1400, for a path that loses what is large. Empty for a realm
// name that is too long.
std::vector<std::uint8_t> health_check_request(std::string_view realm, std::size_t octets = 0);

}  // namespace ferryman::exchange
