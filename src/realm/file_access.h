#pragma once

#include <sys/types.h>

#include <string>

namespace ferryman::realm {

// "alice", or "the user with uid 1001" where the system knows none.
std::string user_name(uid_t uid);

// What bars this process from a file or directory that is there, for an administrator, with what to do:
// whose it is, its mode, or that its file system is read-only. mode: of access(2). Empty: nothing.
std::string what_bars(const std::string& path, int mode);

// The same of a database: of its directory, itself, and what SQLite puts beside it.
std::string what_bars_database(const std::string& file);

}  // namespace ferryman::realm
