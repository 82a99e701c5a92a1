#include "crypto/key.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "crypto/libkrb5.h"

namespace ferryman::crypto {

Result<Key> Key::make(std::int32_t etype, Bytes octets) {
  const Etype* type = find_etype(etype);
  if (type == nullptr) return tl::unexpected(Error{Fault::unsupported});
  if (octets.size() != type->key_size) return tl::unexpected(Error{Fault::wrong_value});
  return Key(*type, Secret(octets));
}

Key Key::random(std::int32_t etype) {
  const Etype* type = find_etype(etype);
  if (type == nullptr) throw std::invalid_argument("a random key of an encryption type that is not served");
  Secret seed(type->seed_size);
  openssl::random(seed.writable());
  return from_seed(*type, seed.bytes());
}

Key Key::from_seed(const Etype& etype, Bytes seed) {
  const Bytes used = seed.first(etype.seed_size);
  if (etype.seed_size == etype.key_size) return {etype, Secret(used)};  // RFC 3962 6, RFC 8009 5
  return {etype, libkrb5::random_to_key(etype, used)};
}

Key Key::copy() const {
  Key copy(*etype_, octets_.copy());
  copy.kept_ = kept_;
  return copy;
}

void Key::keep_derived(std::initializer_list<std::int32_t> usages) {
  if (etype_->construction == Construction::libkrb5) return;
  kept_.reserve(kept_.size() + usages.size());
  for (const std::int32_t usage : usages) {
    kept_.push_back({usage, derive_key(*etype_, octets(), usage, Purpose::encryption),
                     derive_key(*etype_, octets(), usage, Purpose::integrity),
                     derive_key(*etype_, octets(), usage, Purpose::checksum)});
  }
}

DerivedKey Key::derived(std::int32_t usage, Purpose purpose) const {
  const auto kept = std::find_if(kept_.begin(), kept_.end(),
                                 [=](const Kept& candidate) { return candidate.usage == usage; });
  if (kept == kept_.end()) return derive_key(*etype_, octets(), usage, purpose);
  if (purpose == Purpose::encryption) return kept->encryption;
  return purpose == Purpose::integrity ? kept->integrity : kept->checksum;
}

}  // namespace ferryman::crypto
