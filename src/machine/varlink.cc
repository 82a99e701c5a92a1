#include "machine/varlink.h"

#include <utility>

#include "json/parse.h"

namespace ferryman::machine {
namespace {

using json::Json;

constexpr std::size_t max_depth = 3;

// Absent and null are the same. False where it is of another type.
bool take_text(const Json& object, const char* name, std::optional<std::string>& out) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return true;
  if (!found->is_string()) return false;
  out = found->get<std::string>();
  return true;
}

bool take_number(const Json& object, const char* name, std::optional<std::uint64_t>& out) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return true;
  if (!found->is_number_unsigned()) return false;
  out = found->get<std::uint64_t>();
  return true;
}

bool take_flag(const Json& object, const char* name, bool& out) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return true;
  if (!found->is_boolean()) return false;
  out = found->get<bool>();
  return true;
}

Call::Method method_of(std::string_view name) {
  using Method = Call::Method;
  if (name == "io.systemd.UserDatabase.GetUserRecord") return Method::get_user_record;
  if (name == "io.systemd.UserDatabase.GetGroupRecord") return Method::get_group_record;
  if (name == "io.systemd.UserDatabase.GetMemberships") return Method::get_memberships;
  return Method::unknown;
}

bool take_parameters(const Json& parameters, Call& call) {
  std::optional<std::string> service;
  if (!parameters.is_object() || !take_text(parameters, "service", service) ||
      !take_text(parameters, "userName", call.user_name) ||
      !take_text(parameters, "groupName", call.group_name) || !take_number(parameters, "uid", call.uid) ||
      !take_number(parameters, "gid", call.gid))
    return false;
  call.service = service.value_or("");
  return true;
}

}  // namespace

std::optional<Call> parse_call(std::string_view text) {
  if (text.size() > max_call) return std::nullopt;
  const auto json = json::parse_object(text, max_depth);
  const std::string* method = json ? json::text_member(*json, "method") : nullptr;
  if (method == nullptr) return std::nullopt;
  Call call;
  call.method = method_of(*method);
  if (!take_flag(*json, "more", call.more) || !take_flag(*json, "oneway", call.oneway)) return std::nullopt;
  const auto parameters = json->find("parameters");
  if (parameters != json->end() && !parameters->is_null() && !take_parameters(*parameters, call))
    return std::nullopt;
  return call;
}

std::string reply(const Json& parameters, bool continues) {
  Json message{{"parameters", parameters}};
  if (continues) message["continues"] = true;
  std::string text = message.dump();
  text.push_back('\0');
  return text;
}

std::string error_reply(std::string_view error) {
  std::string text = Json{{"error", error}, {"parameters", Json::object()}}.dump();
  text.push_back('\0');
  return text;
}

}  // namespace ferryman::machine
