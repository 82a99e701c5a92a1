#pragma once

#include <string>
#include <vector>

namespace ferryman::realm {

// Directories in which something may be changed.
struct WritablePaths {
  std::vector<std::string> removable;   // files are removed in them
  std::vector<std::string> writable{};  // files are made, written and removed in them
};

// From now on this thread, and those that it starts, cannot write, make, remove or execute any file but as
// said (Landlock), and cannot use TCP. As far as the kernel can; nothing is guarded where it cannot at all.
// Returns what hindered it, "" when nothing did.
std::string forbid_writing(const WritablePaths& paths);

}  // namespace ferryman::realm
