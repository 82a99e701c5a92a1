#include "telemetry/level.h"

namespace ferryman::telemetry {

std::string_view name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return {};
}

}  // namespace ferryman::telemetry
