#pragma once

#include <vector>

#include "telemetry/event_info.h"

namespace ferryman::gateway {

// All lines that the gateway writes: the events, and what it says besides.
std::vector<telemetry::EventInfo> event_table();

}  // namespace ferryman::gateway
