#pragma once

#include <string>

namespace ferryman::realm {

// Leaves the process, all its threads and for ever, only the system calls that serving needs (seccomp(2)).
//
// Sockets are AF_UNIX or fail with EAFNOSUPPORT. No memory becomes executable, no process is made. What a
// program under attack would use next (exec, ptrace, mount, bpf, ...) ends the process; whatever else is not
// on the list fails with ENOSYS, so that a C library which tries something newer falls back.
//
// Returns what went wrong, "" when nothing did.
std::string restrict_system_calls();

}  // namespace ferryman::realm
