#include "account/unknown_names.h"

#include <utility>

#include "account/state.h"
#include "directory/lockout.h"

namespace ferryman::account {

bool UnknownNames::count(const directory::TenantId& tenant, std::string_view name,
                         const directory::LockoutPolicy& policy, std::int64_t now) {
  std::string key(as_text(tenant.bytes()));
  key += name;
  const std::scoped_lock lock(mutex_);
  directory::Lockout& lockout = entry(std::move(key)).lockout;
  if (is_locked(lockout, now)) return false;
  lockout = directory::after_failure(lockout, policy, now);
  return true;
}

UnknownNames::Entry& UnknownNames::entry(std::string key) {
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    entries_.splice(entries_.begin(), entries_, at->second);
    return entries_.front();
  }
  if (entries_.size() == max_names) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({std::move(key), {}});
  by_key_.emplace(entries_.front().key, entries_.begin());
  return entries_.front();
}

}  // namespace ferryman::account
