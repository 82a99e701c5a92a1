#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman realm`: sets up a ferryman-realm of this machine and administers it by its socket. Added as
// add_locate_command() is.
void add_realm_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
