#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman trace`: the requests of a running gateway as it serves them, as lines, trees, JSON or a capture.
// Choosing it sets run, which returns the exit code.
void add_trace_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
