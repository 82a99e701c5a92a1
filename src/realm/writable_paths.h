#pragma once

#include <string>

namespace ferryman::realm {

// From now on this thread, and those that it starts, cannot write, make, remove or execute any file, but for
// removing what is in `directory` (Landlock), and cannot use TCP. As far as the kernel can; nothing is
// guarded where it cannot at all. Returns what hindered it, "" when nothing did.
std::string forbid_writing(const std::string& directory);

}  // namespace ferryman::realm
