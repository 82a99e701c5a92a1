#pragma once

#include <string_view>

#include "login/failure.h"
#include "login/https_client.h"

namespace ferryman::login {

// Entra's numbers of those refusals that something is done about here.
namespace refusal_code {
inline constexpr unsigned device_gone = 50155, session_revoked = 50173, session_expired = 70008;
}

// What an answer that is none of success means, and what to do. asked: for what, as in "the server gave no
// token".
Failure refusal_of(const HttpsAnswer& answer, std::string_view asked);

}  // namespace ferryman::login
