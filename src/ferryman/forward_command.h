#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman forward`: a KDC on loopback for programs that know nothing of KDC proxies. Added as
// add_locate_command() is.
void add_forward_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
