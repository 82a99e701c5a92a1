#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/guid.h"
#include "pki/certificate.h"
#include "pki/certificate_builder.h"
#include "pki/private_key.h"

namespace ferryman::pki {

// A tenant's certification authority, which signs its devices' certificates and nothing else. A device's
// certificate has
//
//   subject      CN = the device's id, and nothing else: clients read the first or the last part of a name
//   key usage    digitalSignature; TLS client authentication
//   1.2.840.113556.1.5.284.2   the device's id, .5 the tenant's: where Windows has them, each a GUID in the
//                              packet form in an OCTET STRING
//
// and is believed only by the authority itself, of which each tenant has its own: no chain is built. Whether
// a device was removed or disabled since is the directory's to say. Never changes, any thread may use it.
class DeviceCa {
 public:
  // A new one: RSA with 3072 bits, for keys that last. Throws std::runtime_error where there is no
  // randomness.
  static DeviceCa make(const Guid& tenant, const Validity& validity);
  // One that make() gave. Faults: wrong_value where key and certificate do not belong together, or it is no
  // authority of that tenant.
  static Result<DeviceCa> load(const Guid& tenant, PrivateKey key, Certificate certificate);

  const PrivateKey& key() const { return key_; }
  const Certificate& certificate() const { return certificate_; }

  // validity ends at the latest when the authority's does.
  Certificate issue(const PublicKey& key, const Guid& device, const Validity& validity) const;
  // The device's id. now: seconds since 1970. Faults: bad_integrity where this authority did not sign it,
  // bad_time outside its validity, wrong_value where it is no device's certificate.
  Result<Guid> verify(const Certificate& certificate, std::int64_t now) const;
  // The tenant that a certificate says it is of, which is to be verified by that one's authority; nothing
  // where it says none.
  static std::optional<Guid> tenant_of(const Certificate& certificate);

 private:
  DeviceCa(const Guid& tenant, PrivateKey key, Certificate certificate)
      : tenant_(tenant), key_(std::move(key)), certificate_(std::move(certificate)) {}

  Guid tenant_;
  PrivateKey key_;
  Certificate certificate_;
};

}  // namespace ferryman::pki
