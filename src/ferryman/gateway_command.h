#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman gateway`: how a ferrymand is, what is wrong first. Adds the command to app; when it is on the
// command line, run is set to what carries it out and returns the exit code: exit_ok, exit_failed where
// something is wrong, exit_not_reachable.
void add_gateway_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
