#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/derivation.h"
#include "crypto/etype.h"

namespace ferryman::crypto {

// A protocol key (RFC 3961 3) of an encryption type that is served here; its octets are wiped with it. It
// does not change once it is made, but for keep_derived(); any number of threads may use it at the same time
// after that. The work is done by functions: crypto/encryption.h, checksum.h, prf.h.
class Key {
 public:
  // Faults: unsupported; wrong_value where the octets are not as many as the etype's keys have.
  static Result<Key> make(std::int32_t etype, Bytes octets);
  // A new random key. etype: one for which find_etype() is not null, or it throws std::invalid_argument.
  static Key random(std::int32_t etype);
  // random-to-key (RFC 3961 3). seed: at least seed_size octets, of which the first are taken.
  static Key from_seed(const Etype& etype, Bytes seed);

  // Keys are moved; a copy is asked for.
  Key copy() const;

  std::int32_t etype() const { return etype_->number; }
  const Etype& type() const { return *etype_; }
  Bytes octets() const { return octets_.bytes(); }

  // Keeps what is derived for these usages, where that is not quick enough to do each time: for a key that
  // serves many messages. Before it is shared.
  void keep_derived(std::initializer_list<std::int32_t> usages);

  // Ke, Ki or Kc. Not for libkrb5's etypes.
  DerivedKey derived(std::int32_t usage, Purpose purpose) const;

 private:
  struct Kept {
    std::int32_t usage;
    DerivedKey encryption, integrity, checksum;
  };

  Key(const Etype& etype, Secret octets) : etype_(&etype), octets_(std::move(octets)) {}

  const Etype* etype_;
  Secret octets_;
  std::vector<Kept> kept_;
};

}  // namespace ferryman::crypto
