#pragma once

#include "telemetry/event.h"
#include "telemetry/record.h"

namespace ferryman::telemetry {

// The fields of an event, in their fixed order.
void put_event(Record& record, const RequestEvent& event);

}  // namespace ferryman::telemetry
