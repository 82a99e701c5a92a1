#pragma once

#include <vector>

#include "config/reader.h"
#include "settings/config.h"

namespace ferryman::settings {

// [realms.NAME], each beginning with the rules of [policy]; names differ by more than case.
void read_realms(const toml::table& root, Config& config, Mistakes& mistakes);

// The keys of one. source is filled while reading; discovery_given: whether the file chose. All must outlive
// the list.
std::vector<Key> realm_keys(gateway::Realm& realm, locate::RealmSource& source, bool& discovery_given);

}  // namespace ferryman::settings
