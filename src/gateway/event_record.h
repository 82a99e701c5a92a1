#pragma once

#include "discovery/kdc.h"
#include "gateway/event.h"
#include "local/message.h"
#include "telemetry/log.h"
#include "telemetry/record.h"

namespace ferryman::gateway {

// "udp", "tcp"; empty where either will do.
std::string_view transport_name(discovery::Transport transport);

// "kerberos/udp", "kerberos/tcp"; empty of what comes over HTTP.
std::string_view protocol_name(local::Transport transport);

// The fields of an event, in their fixed order.
void put_event(telemetry::Record& record, const RequestEvent& event);

void write(telemetry::Log& log, const RequestEvent& event);

}  // namespace ferryman::gateway
