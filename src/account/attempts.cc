#include "account/attempts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "account/state.h"

namespace ferryman::account {

using directory::Outcome;

// Gives the slot back when it goes, and says whether a failure was counted.
class Attempts::Slot {
 public:
  Slot(Attempts& attempts, const directory::ObjectId& account) : attempts_(attempts), account_(account) {}
  ~Slot() {
    {
      const std::scoped_lock lock(attempts_.mutex_);
      const auto at = attempts_.in_flight_.find(account_);
      if (--at->second == 0) attempts_.in_flight_.erase(at);
      if (counted) ++attempts_.failures_;
    }
    attempts_.released_.notify_all();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  bool counted = false;

 private:
  Attempts& attempts_;
  const directory::ObjectId account_;
};

std::uint64_t Attempts::failures_seen() const {
  const std::scoped_lock lock(mutex_);
  return failures_;
}

Outcome<bool> Attempts::take_slot(directory::Directory& directory, const directory::LockoutPolicy& policy,
                                  const directory::Principal& principal, std::int64_t now,
                                  std::uint64_t seen) {
  directory::Lockout lockout = principal.account.lockout;
  std::unique_lock lock(mutex_);
  while (true) {
    if (failures_ != seen) {
      seen = failures_;
      lock.unlock();
      auto account = directory.account(principal.tenant, principal.account.id);
      if (!account) return tl::unexpected(std::move(account.error()));
      lockout = account->lockout;
      lock.lock();
      continue;
    }
    if (is_locked(lockout, now)) return false;
    const std::uint32_t failures = failures_now(lockout, policy, now) + unwritten(principal.account.id, now);
    std::uint32_t& taken = in_flight_[principal.account.id];
    if (policy.threshold == 0 || failures + taken < policy.threshold) {
      ++taken;
      return true;
    }
    if (taken == 0) {  // locked here alone, or a lower threshold than when they were counted
      in_flight_.erase(principal.account.id);
      return false;
    }
    released_.wait(lock);
  }
}

void Attempts::forget(const directory::ObjectId& account) {
  const std::scoped_lock lock(mutex_);
  unwritten_.erase(account);
}

std::uint32_t Attempts::unwritten(const directory::ObjectId& account, std::int64_t now) const {
  const auto at = unwritten_.find(account);
  return at == unwritten_.end() || at->second.until <= now ? 0 : at->second.failures;
}

Attempts::Verdict Attempts::count_here(const directory::LockoutPolicy& policy,
                                       const directory::Principal& principal, std::int64_t now) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(unwritten_, [now](const auto& entry) { return entry.second.until <= now; });
  Unwritten& entry = unwritten_[principal.account.id];
  entry.tenant = principal.tenant;
  entry.policy = policy;
  ++entry.failures;
  entry.until = now + std::max(policy.window, policy.duration);
  const std::uint32_t failures = failures_now(principal.account.lockout, policy, now) + entry.failures;
  return policy.threshold != 0 && failures == policy.threshold ? Verdict::locks : Verdict::unwritten;
}

// It counts in both for a moment. Who has read the account before it was written reads it again.
Outcome<bool> Attempts::write_one(directory::Directory& directory, const directory::ObjectId& account,
                                  std::int64_t now) {
  std::unique_lock lock(mutex_);
  auto at = unwritten_.find(account);
  if (at == unwritten_.end()) return false;
  if (at->second.until <= now) {
    unwritten_.erase(at);
    return false;
  }
  const auto [tenant, policy, failures, until] = at->second;
  lock.unlock();
  auto written = directory.note_failure(tenant, account, policy, now);
  if (!written && written.error().reason != directory::Reason::not_found)
    return tl::unexpected(std::move(written.error()));
  lock.lock();
  ++failures_;
  at = unwritten_.find(account);
  if (at == unwritten_.end()) return false;
  if (written && written->counted && --at->second.failures > 0) return true;
  unwritten_.erase(at);
  return false;
}

Outcome<void> Attempts::write_behind(directory::Directory& directory, std::int64_t now) {
  std::vector<directory::ObjectId> accounts;
  {
    const std::scoped_lock lock(mutex_);
    accounts.reserve(unwritten_.size());
    for (const auto& [account, entry] : unwritten_) accounts.push_back(account);
  }
  for (const directory::ObjectId& account : accounts) {
    Outcome<bool> more = true;
    while (more && *more) more = write_one(directory, account, now);
    if (!more) return tl::unexpected(std::move(more.error()));
  }
  return {};
}

Outcome<Attempts::Verdict> Attempts::try_key(directory::Directory& directory,
                                             const directory::LockoutPolicy& policy,
                                             const directory::Principal& principal, std::int64_t now,
                                             std::uint64_t seen, const std::function<Verdict()>& try_it) {
  const auto taken = take_slot(directory, policy, principal, now, seen);
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) return Verdict::locked;
  Slot slot(*this, principal.account.id);
  const Verdict verdict = try_it();
  if (verdict != Verdict::wrong) return verdict;
  const auto counted = directory.note_failure(principal.tenant, principal.account.id, policy, now);
  if (!counted) return count_here(policy, principal, now);
  slot.counted = true;
  if (!counted->counted) return Verdict::locked;  // by another process; this one counts as not tried
  return is_locked(*counted, now) ? Verdict::locks : Verdict::wrong;
}

}  // namespace ferryman::account
