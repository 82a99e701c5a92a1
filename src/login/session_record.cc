#include "login/session_record.h"

#include <string_view>
#include <utility>

#include "json/parse.h"
#include "kerberos/numbers.h"
#include "kerberos/principal_name.h"

namespace ferryman::login {
namespace {

using json::Json;

constexpr std::size_t max_depth = 3;

bool take(const Json& object, const char* name, std::int64_t& out) {
  const Json* value = json::member(object, name, Json::value_t::number_unsigned);
  if (value != nullptr) out = value->get<std::int64_t>();
  return value != nullptr;
}

bool take(const Json& object, const char* name, std::string& out) {
  const std::string* text = json::text_member(object, name);
  if (text != nullptr) out = *text;
  return text != nullptr;
}

bool take(const Json& object, const char* name, std::vector<std::string>& out) {
  const Json* list = json::member(object, name, Json::value_t::array);
  if (list == nullptr) return false;
  for (const Json& each : *list) {
    if (!each.is_string()) return false;
    out.push_back(each.get<std::string>());
  }
  return true;
}

}  // namespace

std::string SessionRecord::principal() const {
  std::string text;
  if (client.empty()) return text;
  const std::vector<std::string_view> components(client.begin(), client.end());
  kerberos::Name(kerberos::name_type::principal, components).view().append_to(text);
  return text + "@" + realm;
}

std::string record_text(const SessionRecord& record) {
  Json json{{"signed_in", record.signed_in},
            {"renewed", record.renewed},
            {"prt_expires", record.prt_expires},
            {"kerberos_url", record.kerberos_url},
            {"top_level_names", record.top_level_names},
            {"realm", record.realm},
            {"client", record.client},
            {"ticket_expires", record.ticket_expires},
            {"no_ticket", record.no_ticket},
            {"cache", record.cache}};
  if (record.ccname) json["ccname"] = *record.ccname;
  return json.dump(1) + "\n";
}

std::optional<SessionRecord> parse_record(Bytes text) {
  const auto json = json::parse_object(as_text(text), max_depth);
  if (!json) return std::nullopt;
  SessionRecord record;
  const bool whole =
      take(*json, "signed_in", record.signed_in) && take(*json, "renewed", record.renewed) &&
      take(*json, "prt_expires", record.prt_expires) && take(*json, "kerberos_url", record.kerberos_url) &&
      take(*json, "top_level_names", record.top_level_names) && take(*json, "realm", record.realm) &&
      take(*json, "client", record.client) && take(*json, "ticket_expires", record.ticket_expires) &&
      take(*json, "no_ticket", record.no_ticket) && take(*json, "cache", record.cache);
  if (!whole) return std::nullopt;
  if (std::string name; take(*json, "ccname", name)) record.ccname = std::move(name);
  return record;
}

std::string last_error_text(const LastError& error) {
  return Json{{"time", error.time}, {"text", error.text}}.dump() + "\n";
}

std::optional<LastError> parse_last_error(Bytes text) {
  const auto json = json::parse_object(as_text(text), max_depth);
  LastError error;
  if (!json || !take(*json, "time", error.time) || !take(*json, "text", error.text)) return std::nullopt;
  return error;
}

}  // namespace ferryman::login
