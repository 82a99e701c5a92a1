#pragma once

#include <vector>

#include "config/reader.h"
#include "settings/config.h"

namespace ferryman::settings {

// [local]: where ferryman-realm is. Looks its user up on this system.
void read_local(const toml::table& root, Config& config, Mistakes& mistakes);

// The keys of it; local must outlive the list.
std::vector<Key> local_keys(exchange::RealmAddress& local);

}  // namespace ferryman::settings
