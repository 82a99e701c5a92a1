#pragma once

namespace ferryman {

// Exit code of every command for a command line or a configuration that cannot be used.
inline constexpr int exit_ok = 0, exit_usage = 2;
// The same of `ferryman probe`, whose codes are those of Nagios's plugins: 2 would be CRITICAL.
inline constexpr int exit_unknown = 3;

}  // namespace ferryman
