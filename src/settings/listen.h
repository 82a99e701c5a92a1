#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "settings/config.h"

namespace ferryman::settings {

// [[listen]]: where to listen, and for what. Without any it is [::]:443.
void read_listen(const toml::table& root, FixedConfig& fixed, Mistakes& mistakes);

// Whether that key has a meaning with protocol = "kerberos".
bool is_of_kerberos(std::string_view key);

// The keys of one; both arguments must outlive the list.
std::vector<Key> listen_keys(Listen& listen, std::string& address);

}  // namespace ferryman::settings
