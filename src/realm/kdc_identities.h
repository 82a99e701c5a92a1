#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "directory/sign_in_records.h"
#include "directory/tenant.h"
#include "pkinit/kdc_authority.h"

namespace ferryman::realm {

// What the tenants' KDCs sign with (RFC 4556 3.2.4). A tenant's authority is kept in the directory, made when
// it is first asked for; a KDC's own key is in this process alone, with a certificate of a month, in whose
// last third there is a new one. Any thread may use it; the records must outlive it.
class KdcIdentities {
 public:
  explicit KdcIdentities(directory::SignInRecords& records) : records_(records) {}

  directory::Outcome<pkinit::KdcAuthority> authority(const directory::Tenant& tenant, std::int64_t now) const;
  // Takes a tenth of a second where it has to make a key.
  directory::Outcome<std::shared_ptr<const pkinit::KdcIdentity>> of(const directory::Tenant& tenant,
                                                                    std::int64_t now);

 private:
  std::shared_ptr<const pkinit::KdcIdentity> find(const directory::TenantId& tenant, std::int64_t now);

  static constexpr std::size_t max_kept = 1000;

  struct Kept {
    std::shared_ptr<const pkinit::KdcIdentity> identity;
    std::int64_t good_until = 0;
  };

  directory::SignInRecords& records_;
  std::mutex mutex_;
  std::map<directory::TenantId, Kept> kept_;
};

}  // namespace ferryman::realm
