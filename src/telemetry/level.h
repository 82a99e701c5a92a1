#pragma once

#include <cstdint>
#include <string_view>

namespace ferryman::telemetry {

enum class Level : std::uint8_t { debug, info, warning, error };
std::string_view name(Level level);

}  // namespace ferryman::telemetry
