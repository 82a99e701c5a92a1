#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/etype.h"

// The encryption types whose construction is Construction::libkrb5. The functions of libk5crypto that are
// called here need no context, so neither /etc/krb5.conf nor the environment is ever read, and keep nothing
// between calls: any thread may call them.
namespace ferryman::crypto::libkrb5 {

// Both keys and texts as in crypto/encryption.h; nothing where the ciphertext is not right.
Octets encrypt(const Etype& etype, Bytes key, std::int32_t usage, Bytes plain);
std::optional<Secret> decrypt(const Etype& etype, Bytes key, std::int32_t usage, Bytes cipher);

// The mandatory checksum; for all but RC4.
Octets checksum(const Etype& etype, Bytes key, std::int32_t usage, Bytes data);

Secret prf(const Etype& etype, Bytes key, Bytes input);
Secret random_to_key(const Etype& etype, Bytes seed);

// Nothing where the password, the salt or the parameters do not fit the etype.
std::optional<Secret> string_to_key(const Etype& etype, Bytes password, Bytes salt, Bytes parameters);

}  // namespace ferryman::crypto::libkrb5
