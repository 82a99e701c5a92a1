#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "webauthn/fault.h"

namespace ferryman::webauthn {

// Signature algorithms by their numbers in COSE (RFC 9053 2, RFC 8812 2).
enum class Algorithm : std::int16_t {
  es256 = -7,    // ECDSA with SHA-256
  eddsa = -8,    // Ed25519
  rs256 = -257,  // PKCS#1 v1.5 with SHA-256
};

// Fault algorithm for what is none of them.
Outcome<Algorithm> algorithm_of(std::int64_t number);

// Whether the signature is of that algorithm and key, which has to be of the algorithm's type.
bool verify(EVP_PKEY* key, Algorithm algorithm, Bytes message, Bytes signature);

// A credential's public key: a point on P-256 or of Ed25519, or RSA of 2048 to 4096 bits. Copies share it; it
// never changes, any thread may use it.
class CoseKey {
 public:
  // A COSE_Key (RFC 9052 7) as WebAuthn Level 2, 5.8.5 and 6.5.1.1 have it, with no parameter that it needs
  // not; nothing behind it. Faults: malformed, algorithm, key.
  static Outcome<CoseKey> parse(Bytes cbor);

  Algorithm algorithm() const { return algorithm_; }
  EVP_PKEY* openssl() const { return key_.get(); }
  bool verify(Bytes message, Bytes signature) const {
    return webauthn::verify(key_.get(), algorithm_, message, signature);
  }

 private:
  CoseKey(Algorithm algorithm, std::shared_ptr<EVP_PKEY> key) : algorithm_(algorithm), key_(std::move(key)) {}

  Algorithm algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace ferryman::webauthn
