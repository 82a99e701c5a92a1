#pragma once

#include <string_view>

namespace ferryman {

// systemd's side of a service, in the two small protocols that it promises to keep. libsystemd speaks them as
// well, and brings five more libraries into a daemon that uses none of them.

// Tells the service manager: "READY=1", "RELOADING=1", "STOPPING=1" (sd_notify(3), $NOTIFY_SOCKET). Without
// one nothing happens.
void notify_service_manager(std::string_view state);

// How many sockets were passed, from descriptor first_passed_descriptor on, now closed on exec
// (sd_listen_fds(3)). Once only: the environment forgets them.
constexpr int first_passed_descriptor = 3;
int passed_descriptors();

}  // namespace ferryman
