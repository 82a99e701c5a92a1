#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman status`: what is enrolled and signed in here. Added as add_locate_command() is.
void add_status_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
