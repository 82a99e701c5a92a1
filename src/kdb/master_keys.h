#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/key.h"
#include "kdb/dump.h"

namespace ferryman::kdb {

// The keys that a dump's keys are sealed under, by their versions. For one thread.
class MasterKeys {
 public:
  // Of a stash file, which is a keytab since release 1.7. Faults: those of read_keytab(); missing_field where
  // it has no K/M of an encryption type that is served.
  static Result<MasterKeys> read(Bytes stash);

  // The realm of the stash file.
  const std::string& realm() const { return realm_; }

  // Takes the versions that the stash file does not have from K/M itself. bad_integrity where the stash
  // file's keys do not open it: they are another database's.
  Result<void> add(const DumpedPrincipal& master);

  bool has(std::uint32_t kvno) const { return keys_.contains(kvno); }
  // Faults: missing_field for a version that is not there; bad_integrity and others where it is not sealed
  // under that one, or is damaged; unsupported, wrong_value as of Key::make().
  Result<crypto::Key> open(const SealedKey& key, std::uint32_t kvno) const;

 private:
  std::string realm_;
  std::map<std::uint32_t, crypto::Key> keys_;
};

// Whether the principal is K/M.
bool is_master(const PrincipalName& name);

}  // namespace ferryman::kdb
