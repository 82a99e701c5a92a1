#include "ferryman/status_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/forwarder_socket.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_service.h"
#include "ferryman/sign_in_command.h"
#include "login/session.h"

namespace ferryman {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;

// What is known of an account, from here alone: nobody is asked over the network.
struct Status {
  const login::Account& account;
  std::string keys{};     // where they are, and the tries that a PIN has
  std::string trouble{};  // why they cannot be used
  std::optional<login::SessionRecord> record{};
  bool has_ticket = false;
  std::optional<login::LastError> last_error{};
  std::string next{};  // what to do; empty: nothing
};

void look_at_keys(Status& status) {
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

std::string next_step(const Status& status, std::int64_t now) {
  if (!status.trouble.empty()) return status.trouble;
  if (!status.record || status.record->prt_expires <= now) return "ferryman login";
  if (!status.has_ticket) return "ferryman login --renew; where that does not help, ferryman login";
  return status.last_error ? "what the last error says" : "";
}

Status status_of(const login::EnrolledAccount& account, std::int64_t now) {
  Status status{account.account()};
  look_at_keys(status);
  if (const auto record = account.record(); record) status.record = *record;
  if (status.record) {
    const auto ticket = login::has_ticket(*status.record, now);
    status.has_ticket = ticket && *ticket;
  }
  status.last_error = account.last_error();
  status.next = next_step(status, now);
  return status;
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

std::string ticket_text(const Status& status) {
  if (!status.has_ticket) {
    const bool known = status.record && !status.record->no_ticket.empty();
    return known ? "0  " + printable(status.record->no_ticket) : "0";
  }
  return fmt::format("1  {} until {} in {}", printable(status.record->principal()),
                     time_text(status.record->ticket_expires), printable(status.record->cache));
}

std::string map_text(const std::optional<login::SessionRecord>& record) {
  std::string names;
  if (!record || record->realm.empty()) return names;
  for (const std::string& name : record->top_level_names) names += (names.empty() ? "" : ", ") + name;
  return fmt::format("{} -> {}", names.empty() ? "(no hosts)" : names, printable(record->realm));
}

void print(const Status& status, std::int64_t now) {
  const login::Account& account = status.account;
  print_line("user", fmt::format("{}{}", printable(account.person.upn),
                                 account.person.name.empty() ? "" : ", " + printable(account.person.name)));
  print_line("tenant", fmt::format("{}  {}", printable(account.tenant), account.person.tenant_id));
  print_line("device", fmt::format("{}  {}", printable(account.device_name), account.device_id));
  print_line("keys", status.keys);
  print_line("PRT", session_text(status.record, now));
  print_line("cloud TGT", ticket_text(status));
  print_line("on-premises TGT", "0");
  print_line("realm map", map_text(status.record));
  print_line("gateway", printable(account.url));
  print_line("KDC proxy", status.record ? printable(status.record->kerberos_url) : "");
  print_line("last error", status.last_error ? fmt::format("{}  {}", time_text(status.last_error->time),
                                                           printable(status.last_error->text))
                                             : "");
  print_line("to do", status.next);
}

Json time_json(std::int64_t time) {
  return time == 0 ? Json() : Json(time_text(time));
}

Json json_of(const Status& status) {
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
  json["on_premises_tgt"] = 0;
  json["principal"] = record.principal();
  json["ticket_expires"] = time_json(record.ticket_expires);
  json["no_ticket"] = record.no_ticket.empty() ? Json() : Json(record.no_ticket);
  json["cache"] = record.cache;
  json["realm"] = record.realm;
  json["top_level_names"] = record.top_level_names;
  json["kdc_proxy"] = record.kerberos_url;
  json["last_error"] = nullptr;
  if (status.last_error)
    json["last_error"] = {{"time", time_text(status.last_error->time)}, {"text", status.last_error->text}};
  json["to_do"] = status.next.empty() ? Json() : Json(status.next);
  return json;
}

std::string in_words(const ForwarderState& state) {
  std::string realms;
  for (const auto& [realm, gateway] : state.realms)
    realms += fmt::format("{}{} by {}", realms.empty() ? "" : ", ", printable(realm), printable(gateway));
  return fmt::format("{} for {}{}", printable(state.address), realms,
                     state.own_user_only ? "" : "; it serves every user of this host");
}

// Of all accounts, for programs that know no KDC proxies.
void print_forwarder(const std::optional<ForwarderState>& state, bool is_needed) {
  if (!state) {
    print_line("forwarder", "does not run");
    if (is_needed)
      print_line("to do", "ferryman login --renew, where Samba's, Heimdal's or Java's programs need it");
    return;
  }
  print_line("forwarder", in_words(*state));
  print_line("last error", state->last_error ? fmt::format("{}  {}", time_text(state->last_error->time),
                                                           printable(state->last_error->text))
                                             : "");
}

Json json_of(const std::optional<ForwarderState>& state) {
  if (!state) return {};
  Json json{{"address", state->address},
            {"own_user_only", state->own_user_only},
            {"realms", Json::array()},
            {"last_error", nullptr}};
  for (const auto& [realm, gateway] : state->realms)
    json["realms"].push_back({{"realm", realm}, {"gateway", gateway}});
  if (state->last_error)
    json["last_error"] = {{"time", time_text(state->last_error->time)}, {"text", state->last_error->text}};
  return json;
}

int run_status(const std::string& user, bool json) {
  const auto accounts = enrolled_accounts("status");
  if (!accounts) return accounts.error();
  const std::int64_t now = std::time(nullptr);
  const login::EnrolledAccount* only = nullptr;
  if (!user.empty()) {
    const auto chosen = accounts->choose(user);
    if (!chosen) return complain("status", chosen.error());
    only = *chosen;
  }
  Json all = Json::array();
  bool first = true;
  for (const login::EnrolledAccount& each : accounts->all()) {
    if (only != nullptr && only != &each) continue;
    const Status status = status_of(each, now);
    if (json) {
      all.push_back(json_of(status));
      continue;
    }
    if (!first) fmt::print("\n");
    first = false;
    print(status, now);
  }
  const auto forwarder = ask_forwarder(accounts->path(), ForwarderWord::status);
  if (json)
    fmt::print("{}\n", Json{{"accounts", all}, {"forwarder", json_of(forwarder)}}.dump(-1, ' ', true));
  if (!json) {
    fmt::print("\n");
    print_forwarder(forwarder, !login::realms_of(*accounts).empty());
  }
  return check_output(exit_ok);
}

}  // namespace

void add_status_command(CLI::App& app, std::function<int()>& run) {
  struct Options {
    std::string user;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "status", "Tell what is enrolled and signed in here, and what to do; asks no server");
  command->add_option("--user", options->user, "Of this account only")->type_name("USER");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Exit codes: 0 somebody is enrolled, 1 nobody is or it cannot be read, 2 wrong usage. See "
      "ferryman-login(1).");
  command->callback(
      [options, &run] { run = [options] { return run_status(options->user, options->json); }; });
}

}  // namespace ferryman
