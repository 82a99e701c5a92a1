#pragma once

#include <cstdint>
#include <string_view>

#include "telemetry/record.h"

namespace ferryman::telemetry {

// What ECS has under names of its own and in another form. For records that are ECS'.

enum class Outcome : std::uint8_t { success, failure, unknown };

// client.address, and where it is an address with a port, client.ip and client.port.
void put_ecs_client(Record& record, std::string_view client);
void put_ecs_code(Record& record, std::int64_t id);  // event.code, which is a text
void put_ecs_outcome(Record& record, Outcome outcome);
void put_ecs_duration(Record& record, std::int64_t microseconds);  // event.duration, in nanoseconds

}  // namespace ferryman::telemetry
