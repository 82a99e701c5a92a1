#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "directory/account.h"
#include "directory/tenant.h"

namespace ferryman::directory {

// Makes keys ready for many tickets, before they are kept.
void make_ready(std::vector<LongTermKey>& keys);
inline void make_ready(Principal& principal) {
  make_ready(principal.keys);
}
inline void make_ready(const Tenant&) {}

// Copies for whoever asks.
inline Tenant copy_of(const Tenant& tenant) {
  return tenant;
}
inline Principal copy_of(const Principal& principal) {
  return principal.copy();
}

// What most requests read, by what it was looked up by: their tenant, krbtgt, the services. Clients are too
// many. For one thread at a time.
class Kept {
 public:
  static constexpr std::size_t most = 256;  // of each

  // version: of the database, which what is kept belongs to.
  void is_of(std::int64_t version) {
    if (version != version_) forget();
    version_ = version;
  }
  void forget() {
    tenants_.clear();
    services_.clear();
    krbtgt_keys_.clear();
  }

  using TenantName = std::string;
  using ServiceName = std::pair<TenantId, std::string>;
  using KeyVersion = std::pair<TenantId, std::uint32_t>;
  std::map<TenantName, Tenant>& tenants() { return with_room(tenants_); }
  std::map<ServiceName, Principal>& services() { return with_room(services_); }
  std::map<KeyVersion, std::vector<LongTermKey>>& krbtgt_keys() { return with_room(krbtgt_keys_); }

 private:
  template <typename Map>
  static Map& with_room(Map& map) {
    if (map.size() >= most) map.clear();
    return map;
  }

  std::int64_t version_ = 0;
  std::map<TenantName, Tenant> tenants_;
  std::map<ServiceName, Principal> services_;
  std::map<KeyVersion, std::vector<LongTermKey>> krbtgt_keys_;
};

}  // namespace ferryman::directory
