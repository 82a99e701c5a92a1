#include "realm/admin_event.h"

#include <algorithm>
#include <array>

#include "telemetry/ecs_fields.h"
#include "telemetry/record.h"

namespace ferryman::realm {
namespace {

constexpr std::string_view message = "administration";

std::string text_of(const admin::Json& arguments, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = arguments.find(name);
    if (found != arguments.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

// A request's members that name no object.
std::string changed_by(const admin::Json& arguments) {
  constexpr std::array<std::string_view, 6> objects{"name", "group", "account", "new_name", "after", "limit"};
  std::string names;
  for (const auto& [name, value] : arguments.items()) {
    if (std::find(objects.begin(), objects.end(), name) == objects.end())
      names += (names.empty() ? "" : ",") + name;
  }
  return names;
}

}  // namespace

AdminEvent::AdminEvent(const admin::Request& request, const Caller& by)
    : action(request.command),
      tenant(request.tenant),
      object(text_of(request.arguments, {"name", "group"})),
      member(text_of(request.arguments, {"account"})),
      renamed(text_of(request.arguments, {"new_name"})),
      changed(changed_by(request.arguments)),
      caller(by) {}

void tell(telemetry::Log& log, EventHistory& history, const AdminEvent& event, std::int64_t event_id,
          const admin::Failure* failure) {
  admin::Json json{{"message", message}, {"action", event.action}};
  if (event_id != 0) json["event_id"] = event_id;
  const auto put = [&json](const char* name, std::string_view value) {
    if (!value.empty()) json[name] = value;
  };
  put("tenant", event.tenant);
  put("object", event.object);
  put("member", event.member);
  put("new_name", event.renamed);
  put("changed", event.changed);
  json["uid"] = event.caller.uid;
  json["pid"] = event.caller.pid;
  put("result", failure == nullptr ? "success" : "failure");
  if (failure != nullptr) {
    put("reason", failure->reason);
    put("text", failure->text);
  }
  const auto level = failure == nullptr ? telemetry::Level::info : telemetry::Level::warning;
  log.write(level, [&](telemetry::Record& record) {
    // In this order, the log's own fields first.
    for (const char* name : {"message", "event_id", "action", "tenant", "object", "member", "new_name",
                             "changed", "uid", "pid", "result", "reason", "text"}) {
      const auto found = json.find(name);
      if (found == json.end()) continue;
      const telemetry::Key key{std::string_view(name)};
      if (found->is_string()) {
        record.text(key, found->get_ref<const std::string&>());
      } else if (record.is_ecs() && found == json.find("event_id")) {
        telemetry::put_ecs_code(record, event_id);
      } else {
        record.number(key, found->get<std::int64_t>());
      }
    }
    if (record.is_ecs())
      telemetry::put_ecs_outcome(
          record, failure == nullptr ? telemetry::Outcome::success : telemetry::Outcome::failure);
  });
  history.add(json);
}

}  // namespace ferryman::realm
