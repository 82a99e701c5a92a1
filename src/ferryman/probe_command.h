#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman probe`: looks at a KDC proxy as its clients do and says what they will make of it. Its exit codes
// are those of Nagios's plugins: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Adds the command to app; when it is
// on the command line, run is set to what carries it out and returns the exit code.
void add_probe_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
