#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "account/unknown_names.h"
#include "directory/directory.h"

namespace ferryman::account {

// How many keys are being tried at this moment, so that guesses which come at the same time do not all pass
// before the first is counted, and failures that the directory could not write, as where its disk is full:
// they count here until they can be written, for the lock-out's window at most, or a full disk would be a
// licence to guess. Before a key is tried a slot is taken: there are as many as failures are left until the
// account locks. Who finds none free waits for the others' outcome, which is a write of the directory at
// most. One object for each process; any thread may use it.
class Attempts {
 public:
  // The outcome of trying a key.
  enum class Verdict : std::uint8_t {
    right,
    wrong,       // counted
    locks,       // wrong, counted, and the account is locked by it
    unwritten,   // wrong, counted in this process only
    former,      // wrong, but one of the account's last passwords: not counted, as somebody else's machine
                 // may still have it
    unreadable,  // the key was right or not tried, and nothing came of it: not counted
    locked,      // not tried: the account is locked; or wrong, and another process had locked it meanwhile
  };

  // Say it before the account is read that is passed to try_key().
  std::uint64_t failures_seen() const;

  // An administrator takes back what is counted here alone.
  void forget(const directory::ObjectId& account);

  // Writes what is counted here alone, as far as the directory can be written again. To be called every
  // minute or so, and at the end: what is not written then is forgotten with the process.
  directory::Outcome<void> write_behind(directory::Directory& directory, std::int64_t now);

  // A wrong key for a name that nobody has: false where its account would be locked.
  bool count_unknown(const directory::TenantId& tenant, std::string_view name,
                     const directory::LockoutPolicy& policy, std::int64_t now) {
    return unknown_names_.count(tenant, name, policy, now);
  }

  // Tries a key of the account. try_it: what it is, but for `locks`, `unwritten` and `locked`; not called for
  // a locked account. It must not come back here. seen: failures_seen() from before the account was read;
  // where one has been counted since, the account is read again.
  directory::Outcome<Verdict> try_key(directory::Directory& directory, const directory::LockoutPolicy& policy,
                                      const directory::Principal& principal, std::int64_t now,
                                      std::uint64_t seen, const std::function<Verdict()>& try_it);

 private:
  class Slot;

  struct Unwritten {
    directory::TenantId tenant;
    directory::LockoutPolicy policy;
    std::uint32_t failures = 0;
    std::int64_t until = 0;
  };

  std::uint32_t unwritten(const directory::ObjectId& account, std::int64_t now) const;
  Verdict count_here(const directory::LockoutPolicy& policy, const directory::Principal& principal,
                     std::int64_t now);

  // One of the account's; false: none is left.
  directory::Outcome<bool> write_one(directory::Directory& directory, const directory::ObjectId& account,
                                     std::int64_t now);

  // Waits for a slot. False: the account is locked.
  directory::Outcome<bool> take_slot(directory::Directory& directory, const directory::LockoutPolicy& policy,
                                     const directory::Principal& principal, std::int64_t now,
                                     std::uint64_t seen);

  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::uint64_t failures_ = 0;                              // that were counted, of any account
  std::map<directory::ObjectId, std::uint32_t> in_flight_;  // slots taken
  std::map<directory::ObjectId, Unwritten> unwritten_;      // failures that the directory does not know
  UnknownNames unknown_names_;
};

}  // namespace ferryman::account
