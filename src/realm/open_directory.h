#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "directory/database.h"
#include "realm/config.h"

namespace ferryman::realm {

// The directory that the configuration names, with its master key. The error says what is wrong and what to
// do. One that can be read alone is opened as well, with a warning on standard error: logons go on.
tl::expected<std::unique_ptr<directory::Database>, std::string> open_directory(const FixedConfig& config);

// Whom a PostgreSQL server's URL names with "user="; empty: nobody, so that it is who asks.
std::string user_of_url(const std::string& location);

// What is wrong with the default tenant that the configuration names; empty: nothing.
std::string check_default_tenant(directory::Directory& directory, const Config& config);

}  // namespace ferryman::realm
