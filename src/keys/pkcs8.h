#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace ferryman::keys {

// A PrivateKeyInfo (RFC 5208 5) in DER, encrypted with a password as an EncryptedPrivateKeyInfo (6): PBES2
// with AES-256-CBC and scrypt at a cost of 16 MiB and a fifth of a second. Throws std::runtime_error where
// there is no randomness.
Secret encrypt_pkcs8(Bytes private_key, Bytes password);

// What encrypt_pkcs8() was given; nothing for another password, or what was changed: they cannot be told
// apart.
std::optional<Secret> decrypt_pkcs8(Bytes encrypted, Bytes password);

}  // namespace ferryman::keys
