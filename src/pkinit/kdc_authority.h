#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "pki/certificate.h"
#include "pki/certificate_builder.h"
#include "pki/private_key.h"
#include "pkinit/kdc_identity.h"

namespace ferryman::pkinit {

// A tenant's certification authority for its KDC, and for nothing else: clients have its certificate as their
// anchor (pkinit_anchors), and the KDC's own certificates come and go. Such a one has, as RFC 4556 3.2.4
// wants it, the key usage digitalSignature, the extended one id-pkinit-KPKdc, and as its subjectAltName the
// id-pkinit-san krbtgt/REALM@REALM. Never changes, any thread may use it.
class KdcAuthority {
 public:
  // A new one: RSA with 3072 bits. Throws std::runtime_error where there is no randomness.
  static KdcAuthority make(std::string_view realm, const pki::Validity& validity);
  // One that make() gave. Fault wrong_value where key and certificate do not belong together.
  static Result<KdcAuthority> load(pki::PrivateKey key, pki::Certificate certificate);

  const pki::PrivateKey& key() const { return key_; }
  const pki::Certificate& certificate() const { return certificate_; }

  // With a new key, of RSA with 2048 bits: what all clients verify. validity ends at the latest when the
  // authority's does.
  KdcIdentity issue(std::string_view realm, const pki::Validity& validity) const;

 private:
  KdcAuthority(pki::PrivateKey key, pki::Certificate certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}

  pki::PrivateKey key_;
  pki::Certificate certificate_;
};

}  // namespace ferryman::pkinit
