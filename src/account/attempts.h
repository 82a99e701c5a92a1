#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "directory/directory.h"

namespace ferryman::account {

// How many keys are being tried at this moment, so that guesses which come at the same time do not all pass
// before the first is counted. Before a key is tried a slot is taken: there are as many as failures are left
// until the account locks. Who finds none free waits for the others' outcome, which is a write of the
// directory at most. One object for each process; any thread may use it.
class Attempts {
 public:
  // The outcome of trying a key.
  enum class Verdict : std::uint8_t {
    right,
    wrong,       // counted
    former,      // wrong, but one of the account's last passwords: not counted, as somebody else's machine
                 // may still have it
    unreadable,  // the key was right or not tried, and nothing came of it: not counted
    locked,      // not tried: the account is locked
  };

  // Say it before the account is read that is passed to try_key().
  std::uint64_t failures_seen() const;

  // Tries a key of the account. try_it: what it is, but for `locked`; not called for a locked account. It
  // must not come back here. seen: failures_seen() from before the account was read; where one has been
  // counted since, the account is read again.
  directory::Outcome<Verdict> try_key(directory::Directory& directory, const directory::LockoutPolicy& policy,
                                      const directory::Principal& principal, std::int64_t now,
                                      std::uint64_t seen, const std::function<Verdict()>& try_it);

 private:
  class Slot;

  // Waits for a slot. False: the account is locked.
  directory::Outcome<bool> take_slot(directory::Directory& directory, const directory::LockoutPolicy& policy,
                                     const directory::Principal& principal, std::int64_t now,
                                     std::uint64_t seen);

  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::uint64_t failures_ = 0;                              // that were counted, of any account
  std::map<directory::ObjectId, std::uint32_t> in_flight_;  // slots taken
};

}  // namespace ferryman::account
