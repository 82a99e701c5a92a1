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
#include "ferryman/account_status.h"
#include "ferryman/exit_codes.h"
#include "ferryman/forwarder_socket.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_service.h"
#include "ferryman/sign_in_command.h"
#include "login/session.h"

namespace ferryman {
namespace {

using Json = nlohmann::ordered_json;

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
    const AccountStatus status = status_of(each, now);
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
