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

// What requests read again and again, by what it was looked up by: their tenant, krbtgt, the services, and
// the clients that came last, who ask for several tickets in a row. For one thread at a time.
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
    clients_.clear();
    services_.clear();
    krbtgt_keys_.clear();
  }

  template <typename Name, typename T>
  using Map = std::map<Name, Shared<T>>;
  using Name = std::pair<TenantId, std::string>;
  using KeyVersion = std::pair<TenantId, std::uint32_t>;
  Map<std::string, Tenant>& tenants() { return with_room(tenants_); }
  Map<Name, Principal>& clients() { return with_room(clients_); }
  Map<Name, Principal>& services() { return with_room(services_); }
  Map<KeyVersion, std::vector<LongTermKey>>& krbtgt_keys() { return with_room(krbtgt_keys_); }

 private:
  template <typename Any>
  static Any& with_room(Any& map) {
    if (map.size() >= most) map.clear();
    return map;
  }

  std::int64_t version_ = 0;
  Map<std::string, Tenant> tenants_;
  Map<Name, Principal> clients_, services_;
  Map<KeyVersion, std::vector<LongTermKey>> krbtgt_keys_;
};

}  // namespace ferryman::directory
