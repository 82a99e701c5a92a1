#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman locate`: finds the KDCs of a realm as ferrymand does and prints each step to standard output,
// mistakes to standard error. Adds the command to app; when it is on the command line, run is set to what
// carries it out and returns the exit code.
void add_locate_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
