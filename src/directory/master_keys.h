#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "directory/seal.h"

namespace ferryman::directory {

// Looks for a master key of that id, which this process does not know yet: another process has changed it.
// Any thread calls it.
using FindMasterKey = std::function<std::optional<MasterKey>(std::uint32_t id)>;

// The master keys that a process knows: the one it has begun with, and those that came in its place. A former
// one stays until the process ends, since reads that began before the change still need it. Any thread may
// use it.
class MasterKeys {
 public:
  explicit MasterKeys(MasterKey first, FindMasterKey find = {})
      : find_(std::move(find)), keys_{std::make_shared<const MasterKey>(std::move(first))} {}

  // Nothing is done where one of this id is there.
  void add(MasterKey key);
  std::shared_ptr<const MasterKey> newest() const;
  // Null: none has this id, nor is there one where others are looked for.
  std::shared_ptr<const MasterKey> find(std::uint32_t id) const;
  // By the key that it is sealed under. Reasons as MasterKey::open().
  Outcome<Secret> open(const SealedPlace& place, Bytes sealed) const;
  // To be opened later. Reason wrong_master_key, or damaged where it has no sealed form.
  Outcome<std::shared_ptr<const SealedKey>> keep(const SealedPlace& place, Bytes sealed) const;

 private:
  std::shared_ptr<const MasterKey> known(std::uint32_t id) const;
  std::shared_ptr<const MasterKey> keep(MasterKey key) const;

  const FindMasterKey find_;
  mutable std::shared_mutex mutex_;
  mutable std::vector<std::shared_ptr<const MasterKey>> keys_;  // one at least, the newest last
};

}  // namespace ferryman::directory
