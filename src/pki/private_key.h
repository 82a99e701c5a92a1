#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "pki/public_key.h"

namespace ferryman::pki {

// A key pair in memory, with a public key as PublicKey demands it. Copies share it; it never changes, any
// thread may use it. OpenSSL wipes it when it goes.
class PrivateKey {
 public:
  // Throws std::runtime_error where there is no randomness. 3072 bits take a third of a second.
  static PrivateKey generate_rsa(std::size_t bits = PublicKey::min_rsa_bits);
  static PrivateKey generate_p256();
  // A PrivateKeyInfo (RFC 5208 5) without encryption, in DER. Faults as of PublicKey.
  static Result<PrivateKey> of_pkcs8(Bytes der);

  Secret pkcs8() const;
  const PublicKey& public_key() const { return public_key_; }
  EVP_PKEY* openssl() const { return pair_.openssl(); }

 private:
  explicit PrivateKey(PublicKey pair)
      : pair_(std::move(pair)), public_key_(*PublicKey::of_der(pair_.subject_public_key_info())) {}
  static PrivateKey made(EVP_PKEY* pair);

  PublicKey pair_;        // OpenSSL keeps both halves in one object
  PublicKey public_key_;  // and this is one half, which may outlive the other
};

// PKCS#1 v1.5 (RFC 8017 8.2) or ECDSA in DER (RFC 3279 2.2.3), as the key is, with SHA-256.
Octets sign(const PrivateKey& key, Bytes message);
bool verify(const PublicKey& key, Bytes message, Bytes signature);

// RSAES-OAEP (RFC 8017 7.1) with SHA-1 in both places and no label; key: of RSA. plain: a key, at most 64
// octets.
Octets encrypt_oaep(const PublicKey& key, Bytes plain);
// Nothing where it is not for this key: what was wrong is not told.
std::optional<Secret> decrypt_oaep(const PrivateKey& key, Bytes encrypted);

}  // namespace ferryman::pki
