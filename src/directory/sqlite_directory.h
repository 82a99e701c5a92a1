#pragma once

#include <memory>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "directory/host_aliases.h"
#include "directory/seal.h"

namespace ferryman::directory {

struct SqliteOptions {
  std::string file;
  bool create = false;  // where there is none; its directory must be there
  std::vector<std::string> host_aliases = default_host_aliases();
};

// A directory in a file of this machine, of mode 0600; "-wal" and "-shm" beside it belong to it. Several
// processes may have it open.
class SqliteDirectory : public Directory {
 public:
  // What is wrong with the database, sentences; none: nothing. It reads all, and opens every key.
  virtual Outcome<std::vector<std::string>> check() = 0;
  // Copies the database as it is at one moment to a new file, while others go on using it. The keys in it
  // stay sealed.
  virtual Outcome<void> back_up(const std::string& file) = 0;
};

// Brings the database to this program's version first.
Outcome<std::unique_ptr<SqliteDirectory>> open_sqlite_directory(SqliteOptions options, MasterKey master);

}  // namespace ferryman::directory
