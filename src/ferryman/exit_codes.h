#pragma once

namespace ferryman {

// Exit code of every command for a command line or a configuration that cannot be used.
inline constexpr int exit_ok = 0, exit_usage = 2;
// The same of `ferryman probe`, whose codes are those of Nagios's plugins: 2 would be CRITICAL.
inline constexpr int exit_unknown = 3;
// Of commands that ask a server: something failed here, it refused, the PIN is wrong or the key locked, it
// cannot be reached.
inline constexpr int exit_failed = 1, exit_refused = 3, exit_key = 4, exit_not_reachable = 5;

}  // namespace ferryman
