#include "telemetry/ecs_fields.h"

#include <charconv>
#include <string>

namespace ferryman::telemetry {

void put_ecs_client(Record& record, std::string_view client) {
  if (client.empty()) return;
  record.text("client", client);
  const auto colon = client.rfind(':');
  if (colon == client.npos) return;
  std::string_view ip = client.substr(0, colon);
  const std::string_view port = client.substr(colon + 1);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) return;
  record.text({"ip", "client.ip"}, ip);
  record.number({"port", "client.port"}, number);
}

void put_ecs_code(Record& record, std::int64_t id) {
  record.text("event_id", std::to_string(id));
}

void put_ecs_outcome(Record& record, Outcome outcome) {
  constexpr std::string_view names[] = {"success", "failure", "unknown"};
  record.word({"outcome", "event.outcome"}, names[static_cast<std::size_t>(outcome)]);
}

void put_ecs_duration(Record& record, std::int64_t microseconds) {
  constexpr std::int64_t nanoseconds = 1000;
  record.number({"duration", "event.duration"}, microseconds * nanoseconds);
}

}  // namespace ferryman::telemetry
