#pragma once

#include <cstdint>
#include <span>

#include "directory/failure.h"
#include "directory/seal.h"
#include "directory/sqlite.h"

namespace ferryman::directory::sqlite {

// What makes a database of one version from one of the version before: statements that are done whole or
// not at all. The first makes it from an empty file.
using Migration = const char*;

std::span<const Migration> migrations();

// Brings the database to the version of the last migration, whichever it has; several processes may try at
// the same time. Reason wrong_version where it is newer, or another program's.
Outcome<void> migrate(Connection& connection, std::span<const Migration> steps);

// Notes the master key in a new database; in another one, reason wrong_master_key where it is not the one
// that is noted.
Outcome<void> check_master_key(Connection& connection, const MasterKey& key);

}  // namespace ferryman::directory::sqlite
