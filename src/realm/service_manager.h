#pragma once

#include <string_view>

namespace ferryman::realm {

// Tells the service manager: "READY=1", "RELOADING=1", "STOPPING=1" (sd_notify(3), $NOTIFY_SOCKET). Without
// one nothing happens. It needs no more than a datagram socket of AF_UNIX, now or later.
void notify_service_manager(std::string_view state);

}  // namespace ferryman::realm
