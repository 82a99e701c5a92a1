#pragma once

#include <string_view>
#include <vector>

#include "config/reader.h"
#include "net/network.h"

namespace ferryman::settings {

// A list of networks, or one alone. networks must outlive the key.
Key networks_key(std::string_view name, std::vector<net::Network>& networks);

}  // namespace ferryman::settings
