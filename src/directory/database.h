#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "directory/host_aliases.h"
#include "directory/master_keys.h"
#include "directory/sign_in_records.h"

namespace ferryman::directory {

// Where a directory is kept: the absolute path of a file of this machine (SQLite), of mode 0600, "-wal" and
// "-shm" beside which belong to it; or a URL, "postgresql:///ferryman", of a database in a PostgreSQL server
// that is reached by a unix socket. Several processes may have it open, of several machines where the server
// is reached from them.
//
// Reason invalid with what is wrong with such a location, and what would be right.
Outcome<void> check_location(const std::string& location);
// Whether it is a file.
bool is_file(std::string_view location);

// Whether there is a database with anything in it, whoever made it.
Outcome<bool> is_filled(const std::string& location);

struct DatabaseOptions {
  std::string location;
  bool create = false;  // where there is none; its directory, or the server's empty database, must be there
  std::vector<std::string> host_aliases = default_host_aliases();
  FindMasterKey find_key{};
};

// A directory, and what sign-in keeps, in a database.
class Database : public Directory, public SignInRecords {
 public:
  // Whether it can be changed, by a change of nothing.
  virtual Outcome<void> check_writable() = 0;
  // What is wrong with the database, sentences; none: nothing. It reads all, and opens every key.
  virtual Outcome<std::vector<std::string>> check() = 0;
  // Copies the database as it is at one moment to a new file, while others go on using it. The keys in it
  // stay sealed. Reason invalid where the engine has its own tools for that.
  virtual Outcome<void> back_up(const std::string& file) = 0;
  // Seals all keys under the next master key, in one transaction, and whatever comes after: at any moment all
  // of them are under one. While it goes on nothing else can be changed, but all be read. Nothing of the
  // former seals is left in SQLite's file then; PostgreSQL keeps rows as they were until it needs their
  // place. Whether it had to be done: they may be under it already. Reason busy: they are under it, and
  // others have kept the file from being cleaned; it may be called again.
  virtual Outcome<bool> change_master_key(MasterKey next) = 0;
};

// Brings the database to this program's version first.
Outcome<std::unique_ptr<Database>> open_database(DatabaseOptions options, MasterKey master);

}  // namespace ferryman::directory
