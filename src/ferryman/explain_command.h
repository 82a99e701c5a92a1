#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman explain`: why a user does not reach a service.
void add_explain_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
