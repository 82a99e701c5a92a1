#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace ferryman {

// `ferryman decode`: prints what is in Kerberos, kpasswd and KDC-PROXY messages to standard output, mistakes
// to standard error. Adds the command to app; when it is on the command line, run is set to what carries it
// out and returns the exit code.
void add_decode_command(CLI::App& app, std::function<int()>& run);

}  // namespace ferryman
