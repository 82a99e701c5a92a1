#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ferryman::telemetry {

inline constexpr std::string_view ecs_version = "8.11.0";

// What Elastic's Common Schema calls a field that many lines have; empty: it does not know it, and
// "ferryman." goes before its name. Those that one kind of line has are named where its keys are.
constexpr std::string_view ecs_name(std::string_view key) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> names{{
      {"time", "@timestamp"},
      {"level", "log.level"},
      {"message", "message"},
      {"event", "event.action"},
      {"action", "event.action"},
      {"event_id", "event.code"},
      {"reason", "event.reason"},
      {"cause", "error.message"},
      {"client", "client.address"},
      {"method", "http.request.method"},
      {"path", "url.path"},
      {"status", "http.response.status_code"},
      {"trace_id", "trace.id"},
      {"client_request_id", "http.request.id"},
  }};
  const auto found =
      std::find_if(names.begin(), names.end(), [key](const auto& one) { return one.first == key; });
  return found != names.end() ? found->second : std::string_view();
}

}  // namespace ferryman::telemetry
