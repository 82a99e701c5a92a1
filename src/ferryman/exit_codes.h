#pragma once

namespace ferryman {

// Exit code of every command for a command line or a configuration that cannot be used.
inline constexpr int exit_ok = 0, exit_usage = 2;

}  // namespace ferryman
