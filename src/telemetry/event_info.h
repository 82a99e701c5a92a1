#pragma once

#include <span>
#include <string>
#include <string_view>

#include "telemetry/level.h"

namespace ferryman::telemetry {

// One kind of line that a program's log may have.
struct EventInfo {
  std::string_view name;  // the line's event; where it has none its message
  Level level;            // at which it is written as a rule
  unsigned id;            // its event_id, which Windows has for the same; 0: none
  std::string_view when;
  std::string_view advice;  // what to do; empty: nothing
};

// All of a program's as a text, as JSON (an object a line) or as rows of Markdown; empty: form is none of
// "text", "json" and "markdown".
std::string event_table(std::span<const EventInfo> events, std::string_view form);

}  // namespace ferryman::telemetry
