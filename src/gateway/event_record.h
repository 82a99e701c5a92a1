#pragma once

#include "discovery/kdc.h"
#include "gateway/event.h"
#include "telemetry/log.h"
#include "telemetry/record.h"

namespace ferryman::gateway {

// "udp", "tcp"; empty where either will do.
std::string_view transport_name(discovery::Transport transport);

// The fields of an event, in their fixed order.
void put_event(telemetry::Record& record, const RequestEvent& event);

void write(telemetry::Log& log, const RequestEvent& event);

}  // namespace ferryman::gateway
