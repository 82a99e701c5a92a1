#pragma once

#include "gateway/event.h"
#include "telemetry/record.h"

namespace ferryman::gateway {

// What of an event ECS has in another form than our own lines: the first of its fields, and the last.
void put_ecs_head(telemetry::Record& record, const RequestEvent& event);
void put_ecs_tail(telemetry::Record& record, const RequestEvent& event);

}  // namespace ferryman::gateway
