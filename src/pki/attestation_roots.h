#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::pki {

// Certificates that makers of authenticators and TPMs sign those of their devices with, as an administrator
// trusts them. One in the middle of a chain is as good as its root. Any thread may use it.
class AttestationRoots {
 public:
  // PEM, one certificate after the other. Fault wrong_value where one cannot be read, missing_field where
  // there is none.
  static Result<AttestationRoots> parse(Bytes pem);

  // certificates: the leaf, and what leads from it to a root. now: seconds since 1970.
  bool trust(std::span<X509* const> certificates, std::int64_t now) const;

 private:
  explicit AttestationRoots(std::shared_ptr<X509_STORE> store) : store_(std::move(store)) {}

  std::shared_ptr<X509_STORE> store_;
};

}  // namespace ferryman::pki
