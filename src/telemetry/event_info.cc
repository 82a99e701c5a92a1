#include "telemetry/event_info.h"

#include <fmt/format.h>

#include "telemetry/record.h"

namespace ferryman::telemetry {
namespace {

std::string id_of(const EventInfo& event) {
  return event.id == 0 ? std::string() : std::to_string(event.id);
}

std::string as_text(const EventInfo& event) {
  std::string text = fmt::format("{}  [{}{}{}]\n    {}\n", event.name, name(event.level),
                                 event.id == 0 ? "" : ", ", id_of(event), event.when);
  if (!event.advice.empty()) text += fmt::format("    To do: {}\n", event.advice);
  return text;
}

std::string as_row(const EventInfo& event) {
  return fmt::format("| {} | {} | {} | {} | {} |\n", event.name, name(event.level), id_of(event), event.when,
                     event.advice);
}

std::string as_json(const EventInfo& event) {
  Line line;
  Record record(Format::json, line);
  record.begin();
  record.text("name", event.name);
  record.word("level", name(event.level));
  if (event.id != 0) record.number("event_id", event.id);
  record.text("when", event.when);
  if (!event.advice.empty()) record.text("advice", event.advice);
  record.end();
  return fmt::to_string(line);
}

}  // namespace

std::string event_table(std::span<const EventInfo> events, std::string_view form) {
  const bool markdown = form == "markdown", json = form == "json";
  if (!markdown && !json && form != "text") return {};
  std::string table;
  if (markdown)
    table = "| event or message | level | event_id | when | what to do |\n|---|---|---|---|---|\n";
  for (const EventInfo& event : events)
    table += markdown ? as_row(event) : json ? as_json(event) : as_text(event);
  return table;
}

}  // namespace ferryman::telemetry
