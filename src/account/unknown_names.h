#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "directory/directory.h"

namespace ferryman::account {

// Failures of names that nobody has, counted as an account's are. Where clients are not told who has an
// account, a lock-out that only accounts know would tell. In memory, and of this process alone: at most
// max_names, of which the one that failed least recently goes first. Any thread may use it.
class UnknownNames {
 public:
  static constexpr std::size_t max_names = 16384;

  // Counts a wrong key. False: it is not counted, as the name is locked. name: in the form that all
  // spellings of one account share.
  bool count(const directory::TenantId& tenant, std::string_view name, const directory::LockoutPolicy& policy,
             std::int64_t now);

 private:
  struct Entry {
    std::string key;
    directory::Lockout lockout;
  };
  using Entries = std::list<Entry>;

  Entry& entry(std::string key);

  std::mutex mutex_;
  Entries entries_;  // the one that failed last at the front
  std::unordered_map<std::string_view, Entries::iterator> by_key_;
};

}  // namespace ferryman::account
