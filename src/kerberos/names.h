#pragma once

#include <cstdint>
#include <string_view>

namespace ferryman::kerberos {

// Names as the RFCs and the IANA registries have them; empty when the number is not known.
std::string_view error_name(std::int32_t code);   // "KDC_ERR_PREAUTH_REQUIRED"
std::string_view etype_name(std::int32_t etype);  // "aes256-cts-hmac-sha1-96"
std::string_view padata_name(std::int32_t type);  // "PA-FX-FAST"

namespace padata {
inline constexpr std::int32_t tgs_req = 1, enc_timestamp = 2, sam_response = 13, pk_as_req_old = 14,
                              pk_as_req = 16, sam_response_2 = 31, pac_request = 128, fx_cookie = 133,
                              fx_fast = 136, encrypted_challenge = 138, otp_request = 142,
                              req_enc_pa_rep = 149, as_freshness = 150, redhat_idp_oauth2 = 152,
                              redhat_passkey = 153, key_list_req = 161, supported_enctypes = 165,
                              pac_options = 167;
}

namespace error_code {
inline constexpr std::int32_t client_unknown = 6, preauth_failed = 24, preauth_required = 25,
                              service_unavailable = 29, response_too_big = 52;
}

}  // namespace ferryman::kerberos
