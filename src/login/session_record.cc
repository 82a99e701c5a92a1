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

std::string principal_of(const std::vector<std::string>& client, const std::string& realm) {
  std::string text;
  if (client.empty()) return text;
  const std::vector<std::string_view> components(client.begin(), client.end());
  kerberos::Name(kerberos::name_type::principal, components).view().append_to(text);
  return text + "@" + realm;
}

Json json_of(const OnPremises& on_premises) {
  Json json{{"realm", on_premises.realm},     {"client", on_premises.client},
            {"kdc_url", on_premises.kdc_url}, {"ticket_expires", on_premises.ticket_expires},
            {"cache", on_premises.cache},     {"no_ticket", on_premises.no_ticket}};
  if (on_premises.ca_file) json["ca_file"] = *on_premises.ca_file;
  return json;
}

bool take(const Json& object, const char* name, OnPremises& out) {
  const Json* found = json::member(object, name, Json::value_t::object);
  if (std::string ca_file; found != nullptr && take(*found, "ca_file", ca_file))
    out.ca_file = std::move(ca_file);
  return found != nullptr && take(*found, "realm", out.realm) && take(*found, "client", out.client) &&
         take(*found, "kdc_url", out.kdc_url) && take(*found, "ticket_expires", out.ticket_expires) &&
         take(*found, "cache", out.cache) && take(*found, "no_ticket", out.no_ticket);
}

}  // namespace

std::string OnPremises::principal() const {
  return principal_of(client, realm);
}

std::string SessionRecord::principal() const {
  return principal_of(client, realm);
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
  if (record.on_premises != OnPremises()) json["on_premises"] = json_of(record.on_premises);
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
  // Records of sign-ins that knew of no domain have none.
  if (json->contains("on_premises") && !take(*json, "on_premises", record.on_premises)) return std::nullopt;
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
