#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/secret.h"

namespace ferryman {

// Asks twice on the terminal, without echo. The error is the exit code of what has been told.
tl::expected<Secret, int> ask_new_password(std::string_view whose);
// Standard input's only line.
tl::expected<Secret, int> read_password();

// exit_ok where a person says yes; exit_failed for no, exit_usage where there is no terminal.
int confirm(const std::string& question);

}  // namespace ferryman
