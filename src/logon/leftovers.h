#pragma once

#include <string>
#include <string_view>

namespace ferryman::logon {

// A directory of this process's own beside one that counts: "users/1001-new-4711" for "users/1001" and "new".
std::string own_directory(const std::string& path, std::string_view purpose);

// Removes those of processes that were killed, and what another process of this one's number has left.
void remove_leftovers(const std::string& path);

}  // namespace ferryman::logon
