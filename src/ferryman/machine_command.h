#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace ferryman {

// ferryman machine …: users of a tenant log on to this computer (ferryman-machine(8)).
void add_machine_command(CLI::App& app, std::function<int()>& run);

// Tries all that a logon of the user needs; says the first thing that is wrong, and what mends it.
int check_machine(const std::string& user, bool pin_stdin);

}  // namespace ferryman
