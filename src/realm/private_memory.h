#pragma once

#include <string>

namespace ferryman::realm {

// Keeps the process's memory out of core dumps, from debuggers of the same user, and out of swap space. The
// first two always; what hindered the third, "" when nothing did. Called once, early, by the only thread.
std::string keep_memory_private();

}  // namespace ferryman::realm
