#include "directory/master_keys.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace ferryman::directory {

void MasterKeys::add(MasterKey key) {
  if (!known(key.id())) keep(std::move(key));
}

std::shared_ptr<const MasterKey> MasterKeys::keep(MasterKey key) const {
  const std::unique_lock lock(mutex_);
  return keys_.emplace_back(std::make_shared<const MasterKey>(std::move(key)));
}

std::shared_ptr<const MasterKey> MasterKeys::newest() const {
  const std::shared_lock lock(mutex_);
  return keys_.back();
}

std::shared_ptr<const MasterKey> MasterKeys::find(std::uint32_t id) const {
  if (auto key = known(id)) return key;
  auto found = find_ ? find_(id) : std::nullopt;
  return found ? keep(*std::move(found)) : nullptr;
}

std::shared_ptr<const MasterKey> MasterKeys::known(std::uint32_t id) const {
  const std::shared_lock lock(mutex_);
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [id](const auto& key) { return key->id() == id; });
  return found == keys_.end() ? nullptr : *found;
}

Outcome<std::shared_ptr<const SealedKey>> MasterKeys::keep(const SealedPlace& place, Bytes sealed) const {
  const auto id = MasterKey::id_of(sealed);
  auto key = id ? find(*id) : nullptr;
  if (!key) return tl::unexpected(newest()->open(place, sealed).error());
  return std::make_shared<const SealedKey>(std::move(key), place, sealed);
}

Outcome<Secret> MasterKeys::open(const SealedPlace& place, Bytes sealed) const {
  const auto id = MasterKey::id_of(sealed);
  std::shared_ptr<const MasterKey> key = id ? find(*id) : nullptr;
  if (!key) key = newest();  // which tells what is wrong
  return key->open(place, sealed);
}

}  // namespace ferryman::directory
