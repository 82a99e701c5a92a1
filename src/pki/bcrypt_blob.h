#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "pki/public_key.h"

namespace ferryman::pki {

// A BCRYPT_RSAKEY_BLOB of a public key, as Windows and the clients after it write RSA keys: "RSA1", then in
// little endian the bits of the modulus, the sizes of exponent and modulus in octets, twice 0 for the primes
// that are not there, then exponent and modulus in big endian.
//
// Faults: truncated, trailing_bytes, wrong_value (also for a key with its primes), those of PublicKey.
Result<PublicKey> parse_bcrypt_blob(Bytes blob);
// key: of RSA.
Octets bcrypt_blob(const PublicKey& key);
bool is_bcrypt_blob(Bytes octets);  // begins as one

}  // namespace ferryman::pki
