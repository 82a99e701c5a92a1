#pragma once

#include <cstdint>

#include "directory/account.h"

namespace ferryman::directory {

// What one failure more makes of it. A lock that is over begins a new count; one that is not is not
// prolonged, and counts nothing.
Lockout after_failure(const Lockout& lockout, const LockoutPolicy& policy, std::int64_t now);

}  // namespace ferryman::directory
