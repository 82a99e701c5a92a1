#pragma once

#include <string_view>

#include "base/bytes.h"
#include "json/parse.h"
#include "keys/attester.h"
#include "login/failure.h"
#include "login/registration_client.h"

namespace ferryman::login {

// Lets the TPM prove to the tenant that a new key is in it. What it gives goes with the key's registration.
// kept, pin: as of keys::KeyStore::sign(). Fault failed where the TPM cannot; those of the server.
Outcome<json::Json> attest_key(keys::Attester& attester, RegistrationClient& registration,
                               std::string_view access_token, Bytes kept, Bytes pin);

}  // namespace ferryman::login
