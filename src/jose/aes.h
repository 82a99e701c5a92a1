#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace ferryman::jose {

// AES with a key of 32 octets.
inline constexpr std::size_t aes_key_size = 32, aes_block = 16, gcm_nonce_size = 12, gcm_tag_size = 16;

struct Authenticated {
  Octets ciphertext;
  std::array<std::uint8_t, gcm_tag_size> tag{};
};

// GCM (NIST SP 800-38D). aad: what is authenticated with it. Nothing where the tag is not that of the others.
Authenticated encrypt_gcm(Bytes key, Bytes nonce, Bytes aad, Bytes plain);
std::optional<Secret> decrypt_gcm(Bytes key, Bytes nonce, Bytes aad, Bytes ciphertext, Bytes tag);

// CBC with the padding of PKCS#7, which authenticates nothing. Nothing where there is no such padding: that
// must be told to nobody.
Octets encrypt_cbc(Bytes key, Bytes initial_vector, Bytes plain);
std::optional<Secret> decrypt_cbc(Bytes key, Bytes initial_vector, Bytes ciphertext);

}  // namespace ferryman::jose
