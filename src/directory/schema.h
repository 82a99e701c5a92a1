#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "directory/failure.h"
#include "directory/seal.h"
#include "directory/sql.h"

namespace ferryman::directory::sql {

// What makes a database of one version from one of the version before: statements that are done whole or
// not at all. The first makes it from an empty file.
using Migration = const char*;

std::span<const Migration> migrations();

// How a table, as the last migration leaves it, is read and filled, whole: "SELECT * FROM tenants",
// "INSERT INTO tenants VALUES (?, ...)".
struct Table {
  const char* select;
  const char* insert;
};
// All but master_keys, which a database has from when it is first opened; those before those that refer to
// them.
std::span<const Table> tables();

// Brings the database to the version of the last migration, whichever it has; several processes may try at
// the same time. Reason wrong_version where it is newer, or another program's.
Outcome<void> migrate(Connection& connection, std::span<const Migration> steps);

// The id of the master key that all keys in the database are sealed under, in a transaction; nothing: none is
// noted yet.
std::optional<std::uint32_t> noted_master_key(Connection& connection);

// Notes the master key in a new database; in another one, reason wrong_master_key where it is not the one
// that is noted.
Outcome<void> check_master_key(Connection& connection, const MasterKey& key);

}  // namespace ferryman::directory::sql
