#pragma once

#include <optional>
#include <string>

#include "base/secret.h"

// Passwords, codes and PINs as they come from a person or a program: never as an argument.
namespace ferryman {

// Whether a person can be asked: standard input is a terminal.
bool can_ask();

// Asks on the terminal, without echo. Nothing where it is more than a line, or there is an error.
std::optional<Secret> ask_hidden(const std::string& question);

// The next line of standard input, without its line feed, and not an octet more. Nothing where there is none,
// it is too long, or there is an error.
std::optional<Secret> read_line();

// All of standard input, which is one line. Nothing where it is more.
std::optional<Secret> read_only_line();

}  // namespace ferryman
