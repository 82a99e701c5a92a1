#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "account/policy.h"
#include "directory/database.h"

namespace ferryman::realm {

// What keeps a realm from being served of this database, sentences; none: nothing. It reads all, opens every
// key, and issues and opens a ticket of each tenant.
directory::Outcome<std::vector<std::string>> try_database(directory::Database& directory,
                                                          const account::Policy& policy, std::int64_t now);

}  // namespace ferryman::realm
