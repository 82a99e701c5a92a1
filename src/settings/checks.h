#pragma once

#include "config/reader.h"
#include "settings/config.h"

namespace ferryman::settings {

// What can be said of a configuration only when all of it has been read.
void check(const toml::table& root, const Config& config, Mistakes& mistakes);

}  // namespace ferryman::settings
