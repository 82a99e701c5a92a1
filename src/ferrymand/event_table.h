#pragma once

#include <string>
#include <string_view>

namespace ferryman {

// ferrymand --events: all lines that its log may have, as telemetry::event_table() has them.
std::string event_table(std::string_view form);

}  // namespace ferryman
