#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "pki/certificate.h"
#include "pki/owned.h"
#include "pki/private_key.h"

namespace ferryman::pki {

// How long a certificate is valid, in seconds since 1970, both ends among it.
struct Validity {
  std::int64_t not_before = 0, not_after = 0;
};

// Makes a certificate of version 3 (RFC 5280 4.1) with a random serial number. Throws std::runtime_error
// where OpenSSL has no memory or no randomness.
class CertificateBuilder {
 public:
  // name: the subject's common name, which is all of it. key: the subject's. issuer: whose certificate signs;
  // null: it signs itself.
  CertificateBuilder(const std::string& name, EVP_PKEY* key, const Validity& validity, X509* issuer);

  // An extension that OpenSSL knows, in its notation (x509v3_config(5)): NID_key_usage, "digitalSignature".
  void add(int nid, const char* value);
  // Any other one; value: DER.
  void add(const char* oid, Bytes value);

  // With SHA-256. key: the issuer's.
  Certificate sign(const PrivateKey& key);

 private:
  X509* issuer() { return issuer_ == nullptr ? certificate_.get() : issuer_; }

  OwnedCertificate certificate_;
  X509* issuer_;
};

}  // namespace ferryman::pki
