#pragma once

#include <memory>
#include <string>

#include "directory/database.h"

namespace ferryman::realm {

struct OpenedDatabase {
  std::unique_ptr<directory::Database> directory;
  bool under_next_key = false;  // a change of the master key was interrupted behind its last transaction
};

// Opens a database with its master key, as [realm] master_key = source had it, or, where it is not that
// one's, with one that is there now (each_master_key()). They are looked for as well when another process has
// changed it later.
directory::Outcome<OpenedDatabase> open_sealed(directory::DatabaseOptions options, const std::string& source,
                                               directory::MasterKey key);

}  // namespace ferryman::realm
