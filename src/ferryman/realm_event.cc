#include "ferryman/realm_event.h"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "ferryman/realm_output.h"
#include "ferryman/realm_service.h"
#include "kerberos/names.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr std::pair<std::int64_t, std::string_view> event_words[] = {
    {11, "duplicate SPN"},     {4720, "user added"},     {4722, "enabled"},       {4723, "password change"},
    {4724, "password reset"},  {4725, "disabled"},       {4726, "user removed"},  {4727, "group added"},
    {4728, "member added"},    {4729, "member removed"}, {4730, "group removed"}, {4737, "group changed"},
    {4738, "user changed"},    {4740, "locked out"},     {4741, "service added"}, {4742, "service changed"},
    {4743, "service removed"}, {4767, "unlocked"},       {4768, "logon"},         {4769, "service ticket"},
    {4770, "renewal"},         {4771, "logon refused"},  {4781, "renamed"}};

// Those without an id, or with one that is not known here, are called as the service calls them.
std::string what(const Json& event) {
  const auto id = event.find("event_id");
  if (id != event.end() && id->is_number_integer())
    for (const auto& [number, word] : event_words)
      if (*id == number) return std::string(word);
  std::string action = text_of(event, "action");
  if (!action.empty()) return action;
  return event.contains("status") ? text_of(event, "service") : text_of(event, "message");
}

// Of a request of somebody who signs in the status tells it.
std::string result_of(const Json& event) {
  if (!event.contains("status")) return text_of(event, "result");
  return text_of(event, "error").empty() ? "success" : "refused";
}

// Whom or what it is about.
std::string subject_of(const Json& event) {
  for (const char* member : {"cname", "user"})
    if (std::string name = text_of(event, member); !name.empty()) return name;
  return text_of(event, "object");
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string etype(const Json& event, const char* member) {
  const auto found = event.find(member);
  if (found == event.end() || !found->is_number_integer()) return {};
  const std::string_view name = kerberos::etype_name(found->get<std::int32_t>());
  return name.empty() ? text_of(event, member) : std::string(name);
}

// For whom a service has asked, and how [MS-SFU].
std::string acted_for(const Json& event) {
  const std::string how = text_of(event, "s4u");
  if (how.empty()) return {};
  return fmt::format("{} by S4U2{}", or_dash(text_of(event, "for_user")), how == "self" ? "Self" : "Proxy");
}

}  // namespace

std::string event_line(const Json& event) {
  std::string line = fmt::format("{:<20}  {:>4}  {:<15}  {:<7}  {}", time_of(event, "time"),
                                 or_dash(text_of(event, "event_id")), what(event), or_dash(result_of(event)),
                                 or_dash(subject_of(event)));
  const auto put = [&line](std::string_view label, const std::string& value) {
    if (!value.empty()) line += fmt::format("  {} {}", label, value);
  };
  put("for", text_of(event, "sname"));
  put("member", text_of(event, "member"));
  put("now", text_of(event, "new_name"));
  put("changed", text_of(event, "changed"));
  put("ticket", etype(event, "ticket_etype"));
  put("on behalf of", acted_for(event));
  put("vouched for by", text_of(event, "partial_tgt"));
  put("keys given", text_of(event, "keys_given"));
  put("from", text_of(event, "client"));
  put("by uid", text_of(event, "uid"));
  put("tenant", text_of(event, "tenant"));
  const auto text = event.find("text");  // its names are escaped
  const bool has_text = text != event.end() && text->is_string();
  put("because", has_text ? harmless(text->get<std::string>()) : text_of(event, "reason"));
  return line;
}

}  // namespace ferryman
