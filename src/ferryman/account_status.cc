#include "ferryman/account_status.h"

#include <fmt/format.h>

#include "base/text.h"
#include "ferryman/realm_output.h"
#include "login/session.h"

namespace ferryman {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;

void look_at_keys(AccountStatus& status) {
  login::KeyPlace place = status.account.place;
  const auto store = place.open();
  if (!store) {
    status.keys = "the TPM at " + place.tcti;
    status.trouble = store.error().text;
    return;
  }
  status.keys = (*store)->name();
  if (const auto tries = (*store)->pin_tries(); tries && *tries) status.keys += "; " + (*tries)->in_words();
}

std::string next_step(const AccountStatus& status, std::int64_t now) {
  if (!status.trouble.empty()) return status.trouble;
  if (!status.record || status.record->prt_expires <= now) return "ferryman login";
  if (!status.has_ticket) return "ferryman login --renew; where that does not help, ferryman login";
  return status.last_error ? "what the last error says" : "";
}

std::string in_words(std::int64_t seconds) {
  if (seconds >= 2 * day) return fmt::format("{} days", seconds / day);
  if (seconds >= 2 * hour) return fmt::format("{} hours", seconds / hour);
  if (seconds >= 2 * minute) return fmt::format("{} minutes", seconds / minute);
  return "a moment";
}

std::string session_text(const std::optional<login::SessionRecord>& record, std::int64_t now) {
  if (!record) return "signed out";
  if (record->prt_expires <= now) return fmt::format("ended at {}", time_text(record->prt_expires));
  return fmt::format("signed in {}, renewed {} ago, good until {}", time_text(record->signed_in),
                     in_words(now - record->renewed), time_text(record->prt_expires));
}

std::string ticket_text(const AccountStatus& status) {
  const std::string why = status.record ? printable(status.record->no_ticket) : "";
  if (!status.has_ticket) return why.empty() ? "0" : "0  " + why;
  return fmt::format("1  {} until {} in {}{}", printable(status.record->principal()),
                     time_text(status.record->ticket_expires), printable(status.record->cache),
                     why.empty() ? "" : "; no newer one: " + why);
}

std::string map_text(const std::optional<login::SessionRecord>& record) {
  std::string names;
  if (!record || record->realm.empty()) return names;
  for (const std::string& name : record->top_level_names) names += (names.empty() ? "" : ", ") + name;
  std::string map = fmt::format("{} -> {}", names.empty() ? "(no hosts)" : names, printable(record->realm));
  const login::OnPremises& domain = record->on_premises;
  if (!domain.client.empty())
    map += fmt::format("; {} -> {}", login::dns_domain_of(domain.realm), printable(domain.realm));
  return map;
}

Json time_json(std::int64_t time) {
  return time == 0 ? Json() : Json(time_text(time));
}

}  // namespace

AccountStatus status_of(const login::EnrolledAccount& account, std::int64_t now) {
  AccountStatus status{account.account()};
  look_at_keys(status);
  if (const auto record = account.record(); record) status.record = *record;
  if (status.record) {
    const auto ticket = login::has_ticket(*status.record, now);
    status.has_ticket = ticket && *ticket;
    const auto on_premises = login::has_on_premises_ticket(*status.record, now);
    status.has_on_premises_ticket = on_premises && *on_premises;
  }
  status.last_error = account.last_error();
  status.next = next_step(status, now);
  return status;
}

std::string on_premises_text(const AccountStatus& status) {
  const login::OnPremises domain = status.record ? status.record->on_premises : login::OnPremises();
  const std::string why = printable(domain.no_ticket);
  if (!status.has_on_premises_ticket) return why.empty() ? "0" : "0  " + why;
  return fmt::format("1  {} until {} in {}{}", printable(domain.principal()),
                     time_text(domain.ticket_expires), printable(domain.cache),
                     why.empty() ? "" : "; no newer one: " + why);
}

void print(const AccountStatus& status, std::int64_t now) {
  const login::Account& account = status.account;
  print_line("user", fmt::format("{}{}", printable(account.person.upn),
                                 account.person.name.empty() ? "" : ", " + printable(account.person.name)));
  print_line("tenant", fmt::format("{}  {}", printable(account.tenant), account.person.tenant_id));
  print_line("device", fmt::format("{}  {}", printable(account.device_name), account.device_id));
  print_line("keys", status.keys);
  print_line("PRT", session_text(status.record, now));
  print_line("cloud TGT", ticket_text(status));
  print_line("on-premises TGT", on_premises_text(status));
  print_line("realm map", map_text(status.record));
  print_line("gateway", printable(account.url));
  print_line("KDC proxy", status.record ? printable(status.record->kerberos_url) : "");
  print_line("last error", status.last_error ? fmt::format("{}  {}", time_text(status.last_error->time),
                                                           printable(status.last_error->text))
                                             : "");
  print_line("to do", status.next);
}

nlohmann::ordered_json json_of(const AccountStatus& status) {
  const login::Account& account = status.account;
  Json json{{"user", account.person.upn},
            {"name", account.person.name},
            {"tenant", account.tenant},
            {"tenant_id", account.person.tenant_id},
            {"device", account.device_id},
            {"device_name", account.device_name},
            {"keys", account.place.kind == login::KeyPlace::Kind::tpm ? "tpm" : "software"},
            {"user_key", account.place.token.empty() ? Json() : Json(account.place.token)},
            {"keys_at", status.keys},
            {"keys_trouble", status.trouble.empty() ? Json() : Json(status.trouble)},
            {"enrolled", time_text(account.enrolled)},
            {"gateway", account.url}};
  const login::SessionRecord record = status.record.value_or(login::SessionRecord());
  json["signed_in"] = time_json(record.signed_in);
  json["renewed"] = time_json(record.renewed);
  json["prt_expires"] = time_json(record.prt_expires);
  json["cloud_tgt"] = status.has_ticket ? 1 : 0;
  json["on_premises_tgt"] = status.has_on_premises_ticket ? 1 : 0;
  json["principal"] = record.principal();
  json["ticket_expires"] = time_json(record.ticket_expires);
  json["no_ticket"] = record.no_ticket.empty() ? Json() : Json(record.no_ticket);
  json["cache"] = record.cache;
  const login::OnPremises& domain = record.on_premises;
  json["on_premises_principal"] = domain.principal();
  json["on_premises_ticket_expires"] = time_json(domain.ticket_expires);
  json["no_on_premises_ticket"] = domain.no_ticket.empty() ? Json() : Json(domain.no_ticket);
  json["on_premises_cache"] = domain.cache;
  json["on_premises_kdc_proxy"] = domain.kdc_url;
  json["realm"] = record.realm;
  json["top_level_names"] = record.top_level_names;
  json["kdc_proxy"] = record.kerberos_url;
  json["last_error"] = nullptr;
  if (status.last_error)
    json["last_error"] = {{"time", time_text(status.last_error->time)}, {"text", status.last_error->text}};
  json["to_do"] = status.next.empty() ? Json() : Json(status.next);
  return json;
}

}  // namespace ferryman
