#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "directory/database.h"
#include "realm/config.h"

namespace ferryman::realm {

// Ids of master keys, which tell nothing of them.
struct MasterKeyChange {
  std::uint32_t present = 0, former = 0;
  bool resealed = false;  // false: an interrupted change had done it before
};

// The service's part in changing the master key of [realm] master_key: seals the database under the next one,
// which is beside it, and knows both from then on. Who asked for it keeps the present one, which backups from
// before are under, and puts the next one in its place; until that is done, either is found at a start
// (open_sealed.h). May be called again after any interruption.
// directory: what config names. asked: the source that the caller believes to be the service's; `invalid`
// where it is another, or where the database is under neither of the two keys: the present one's file would
// be kept for backups that it does not open.
directory::Outcome<MasterKeyChange> change_master_key(directory::Database& directory,
                                                      const FixedConfig& config, std::string_view asked);

}  // namespace ferryman::realm
