#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "directory/sign_in_records.h"
#include "pki/device_ca.h"
#include "pki/private_key.h"
#include "signin/known.h"
#include "signin/nonce.h"
#include "webauthn/ceremony.h"

namespace ferryman::signin {

// What a tenant's sign-in signs and seals with. All of it is sign-in's own: there is no Kerberos key here.
struct TenantKeys {
  pki::DeviceCa device_ca;
  pki::PrivateKey token_key;  // of the tokens that others read
  Secret prt_key;             // seals those that nobody else reads
};

// A certificate that a tenant's authority signed.
struct DeviceCertificate {
  Guid device;
  pki::PublicKey key;
  std::int64_t not_before, not_after;  // seconds since 1970
};

// Keeps these in memory, and the realm's nonces. They are made when a tenant is first asked for, and are the
// directory's: every process of the realm has the same. Public keys that devices and users come with are kept
// as well, once they were read. Any thread may use it.
class Keys {
 public:
  explicit Keys(directory::SignInRecords& records) : records_(records) {}

  directory::Outcome<std::shared_ptr<const TenantKeys>> of(const directory::TenantId& tenant,
                                                           std::int64_t now);
  directory::Outcome<std::shared_ptr<const Nonces>> nonces(std::int64_t now);

  // Of DER that anybody may have made; keys: the tenant's. Faults as of pki::Certificate::parse() and
  // pki::DeviceCa::verify().
  Result<DeviceCertificate> device_certificate(const directory::TenantId& tenant, const TenantKeys& keys,
                                               Bytes der, std::int64_t now);
  // Of what the directory has: a device's transport key, a user's key. Faults as of pki::PublicKey::of_der(),
  // pki::parse_key_credential() and pki::key_of_material().
  Result<pki::PublicKey> transport_key(const directory::Device& device);
  Result<pki::PublicKey> user_key(const directory::KeyCredential& key);
  // Of a FIDO key. Fault wrong_value where it is damaged.
  Result<webauthn::Credential> passkey(const directory::KeyCredential& key);

 private:
  directory::SignInRecords& records_;
  std::mutex mutex_;
  std::map<directory::TenantId, std::shared_ptr<const TenantKeys>> tenants_;
  std::shared_ptr<const Nonces> nonces_;
  Known<DeviceCertificate> device_certificates_;
  Known<pki::PublicKey> transport_keys_, user_keys_;
  Known<webauthn::Credential> passkeys_;
};

}  // namespace ferryman::signin
