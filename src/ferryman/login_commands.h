#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman login`, `logout`, `unenroll` and `env`: what is done with an account that is enrolled. Added as
// add_locate_command() is.
void add_login_commands(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
