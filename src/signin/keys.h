#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "directory/sign_in_records.h"
#include "pki/device_ca.h"
#include "pki/private_key.h"
#include "signin/nonce.h"

namespace ferryman::signin {

// What a tenant's sign-in signs and seals with. All of it is sign-in's own: there is no Kerberos key here.
struct TenantKeys {
  pki::DeviceCa device_ca;
  pki::PrivateKey token_key;  // of the tokens that others read
  Secret prt_key;             // seals those that nobody else reads
};

// Keeps these in memory, and the realm's nonces. They are made when a tenant is first asked for, and are the
// directory's: every process of the realm has the same. Any thread may use it.
class Keys {
 public:
  explicit Keys(directory::SignInRecords& records) : records_(records) {}

  directory::Outcome<std::shared_ptr<const TenantKeys>> of(const directory::TenantId& tenant,
                                                           std::int64_t now);
  directory::Outcome<std::shared_ptr<const Nonces>> nonces(std::int64_t now);

 private:
  directory::SignInRecords& records_;
  std::mutex mutex_;
  std::map<directory::TenantId, std::shared_ptr<const TenantKeys>> tenants_;
  std::shared_ptr<const Nonces> nonces_;
};

}  // namespace ferryman::signin
