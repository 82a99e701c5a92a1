#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::pki {

enum class KeyType : std::uint8_t { rsa, p256 };

// A public key that is good enough to be relied upon: RSA of 2048 to 4096 bits with an odd exponent of 65537
// or more in at most 64 bits, or a point on P-256. Copies share it; it never changes, any thread may use it.
//
// The faults of what is none: unsupported for another type or size, wrong_value for numbers that are no key,
// truncated or trailing_bytes for encodings.
class PublicKey {
 public:
  static constexpr std::size_t min_rsa_bits = 2048, max_rsa_bits = 4096, coordinate_size = 32;

  // Numbers in big endian.
  static Result<PublicKey> rsa(Bytes modulus, Bytes exponent);
  // coordinate_size octets each.
  static Result<PublicKey> p256(Bytes x, Bytes y);
  // DER: a SubjectPublicKeyInfo (RFC 5280 4.1) or, of RSA, an RSAPublicKey (RFC 8017 A.1.1); nothing behind.
  static Result<PublicKey> of_der(Bytes der);
  // Takes a reference of its own.
  static Result<PublicKey> of(EVP_PKEY* key);

  KeyType type() const;
  // Of RSA; without zeros in front.
  Octets modulus() const;
  Octets exponent() const;
  // Of P-256; coordinate_size octets.
  Octets x() const;
  Octets y() const;
  Octets subject_public_key_info() const;  // DER

  EVP_PKEY* openssl() const { return key_.get(); }

  friend bool operator==(const PublicKey& a, const PublicKey& b);

 private:
  explicit PublicKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace ferryman::pki
