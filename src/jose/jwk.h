#pragma once

#include <span>
#include <string>
#include <string_view>

#include "jose/fault.h"
#include "json/parse.h"
#include "pki/public_key.h"

namespace ferryman::jose {

// A public key as a JWK (RFC 7517; RFC 7518 6.2.1, 6.3.1): `kty` RSA, or EC with `crv` P-256. Its numbers are
// base64url, or base64 as some clients write them. Other members are passed over, but a private key is none
// for others' eyes and is refused. Fault: key.
Outcome<pki::PublicKey> key_of_jwk(const json::Json& jwk);
// What RFC 7638 3.2 demands of it, and no more.
json::Json jwk_of(const pki::PublicKey& key);
// RFC 7638 with SHA-256, in base64url.
std::string thumbprint(const pki::PublicKey& key);

// The keys that tokens are verified with, as a JWK Set (RFC 7517 5): each with its thumbprint as `kid`.
std::string jwk_set(std::span<const pki::PublicKey> keys);

// A key in one of the forms that clients register one in, in base64: a BCRYPT_RSAKEY_BLOB, a JWK, or DER as
// pki::PublicKey::of_der() takes it. Faults: too_large, key.
Outcome<pki::PublicKey> key_of_text(std::string_view base64);

}  // namespace ferryman::jose
