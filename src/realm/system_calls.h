#pragma once

#include <cstdint>
#include <string>

namespace ferryman::realm {

// Whether the process may connect, to a unix socket: where its database is a server's.
enum class Connecting : std::uint8_t { never, by_unix_sockets };

// Leaves the process, all its threads and for ever, only the system calls that serving needs (seccomp(2)).
//
// Sockets are AF_UNIX or fail with EAFNOSUPPORT. No memory becomes executable, no process is made. What a
// program under attack would use next (exec, ptrace, mount, bpf, ...) ends the process; whatever else is not
// on the list fails with ENOSYS, so that a C library which tries something newer falls back.
//
// Returns what went wrong, "" when nothing did.
std::string restrict_system_calls(Connecting connecting);

}  // namespace ferryman::realm
