#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/key.h"

namespace ferryman::crypto {

// Encryption and decryption of RFC 3961 3 with the initial cipher state, as all messages of RFC 4120 have
// them: the cipher field of an EncryptedData. Any thread may call these.

Octets encrypt(const Key& key, std::int32_t usage, Bytes plain);

// Faults: truncated, bad_integrity. DES3 leaves its padding behind the text. A wrong ciphertext takes as long
// as a right one of that size, and nothing decrypted is left of it.
Result<Secret> decrypt(const Key& key, std::int32_t usage, Bytes cipher);

}  // namespace ferryman::crypto
