#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/secret.h"
#include "directory/failure.h"
#include "directory/guid.h"

namespace ferryman::directory {

// What is under the seal: the octets of a key, the hash of a former one, what sign-in signs and seals with
// (of a tenant in place of an object, with its kind in place of a kvno), the key of a link to a domain (of
// the link), or a read-only domain controller's key (of a tenant in place of an object).
enum class Sealed : std::uint8_t { key = 1, former = 2, sign_in = 3, ad_link = 4, rodc = 5 };

// Where it belongs. It opens nowhere else.
struct SealedPlace {
  Sealed what;
  ObjectId object;
  std::uint32_t kvno;
  std::int32_t etype;
};

// Keeps keys at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce. A sealed form is, in big endian,
//
//   octet version = 1, u32 id of the master key, 12 octets nonce, ciphertext, 16 octets tag
//
// and all of the place is authenticated with it. The id is made of the master key and tells nothing of it; by
// it the key is found while a database goes from one to another (master_keys.h). Does not change once made;
// any thread may use it.
class MasterKey {
 public:
  static constexpr std::size_t size = 32;

  // octets: size of them, or reason invalid.
  static Outcome<MasterKey> make(Bytes octets);

  std::uint32_t id() const { return id_; }
  // Of the key that a sealed form says it is under; nothing: it has no such form.
  static std::optional<std::uint32_t> id_of(Bytes sealed);
  Octets seal(const SealedPlace& place, Bytes plain) const;
  // Reasons: wrong_master_key, damaged (also where it was sealed for another place).
  Outcome<Secret> open(const SealedPlace& place, Bytes sealed) const;

 private:
  explicit MasterKey(Bytes octets);

  Secret octets_;
  std::uint32_t id_;
};

// A sealed form with the master key that it is under, to be opened when it is needed, if ever.
class SealedKey {
 public:
  SealedKey(std::shared_ptr<const MasterKey> master, const SealedPlace& place, Bytes sealed)
      : master_(std::move(master)), place_(place), sealed_(sealed.begin(), sealed.end()) {}
  Outcome<Secret> open() const { return master_->open(place_, sealed_); }

 private:
  const std::shared_ptr<const MasterKey> master_;
  const SealedPlace place_;
  const Octets sealed_;
};

}  // namespace ferryman::directory
