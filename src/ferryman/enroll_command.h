#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman enroll`: makes this computer a device of a tenant, and a key on it one of a user's. Added as
// add_locate_command() is.
void add_enroll_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
