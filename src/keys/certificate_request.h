#pragma once

#include <string_view>

#include "keys/key_store.h"

namespace ferryman::keys {

// A PKCS #10 request (RFC 2986), in DER, for a certificate of a key in the store, which signs it. key: made
// to sign, without a PIN.
Outcome<Octets> certificate_request(KeyStore& store, const NewKey& key, std::string_view common_name);

}  // namespace ferryman::keys
