#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "pki/public_key.h"

namespace ferryman::pki {

// One X.509 certificate (RFC 5280) with a key that PublicKey takes; what it says is believed by nobody before
// its signature is verified. Copies share it; it never changes, any thread may use it.
class Certificate {
 public:
  static constexpr std::size_t max_size = 8192;  // octets of DER

  // Faults: length_too_large, wrong_value, trailing_bytes, those of PublicKey.
  static Result<Certificate> parse(Bytes der);
  // Takes a reference of its own.
  static Result<Certificate> of(X509* certificate);

  const PublicKey& key() const { return key_; }
  // The common name, where the subject is nothing else; empty where it is another.
  std::string common_name() const;
  // Seconds since 1970.
  std::int64_t not_before() const;
  std::int64_t not_after() const;
  Octets der() const;
  // SHA-1 of der() in hexadecimal, in upper case: what Windows calls it.
  std::string thumbprint() const;

  X509* openssl() const { return certificate_.get(); }

  // The same octets.
  friend bool operator==(const Certificate& a, const Certificate& b);

 private:
  Certificate(std::shared_ptr<X509> certificate, PublicKey key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  std::shared_ptr<X509> certificate_;
  PublicKey key_;
};

}  // namespace ferryman::pki
