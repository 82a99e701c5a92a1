#pragma once

#include <cstdint>
#include <string_view>

#include "kerberos/numbers.h"

namespace ferryman::kerberos {

// Names as the RFCs and the IANA registries have them; empty when the number is not known.
std::string_view error_name(std::int32_t code);           // "KDC_ERR_PREAUTH_REQUIRED"
std::string_view etype_name(std::int32_t etype);          // "aes256-cts-hmac-sha1-96"
std::string_view padata_name(std::int32_t type);          // "PA-FX-FAST"
std::string_view kpasswd_result_name(std::int32_t code);  // of RFC 3244 2, which has no names: "soft_error"

}  // namespace ferryman::kerberos
