#include "ferryman/machine_command.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"
#include "ferryman/secret_input.h"
#include "ferryman/service_user.h"
#include "ferryman/sign_in_command.h"
#include "ferryman/system_krb5.h"
#include "login/enrolment.h"
#include "logon/authenticate.h"
#include "logon/machine_account.h"
#include "machine/accounts.h"
#include "machine/config.h"
#include "machine/user_table.h"

namespace ferryman {
namespace {

constexpr char command_name[] = "machine";

struct MachineOptions {
  std::string user;
  bool code_stdin = false, pin_stdin = false;
};

int need_root() {
  if (::geteuid() == 0) return exit_ok;
  return complain(command_name, exit_usage, "this is for root: call it by sudo");
}

std::optional<machine::Config> configuration() {
  machine::Config config;
  const auto mistakes = machine::load_config(machine::config_file, config);
  for (const auto& mistake : mistakes) complain(command_name, exit_usage, mistake.to_string());
  return mistakes.empty() ? std::optional(config) : std::nullopt;
}

std::optional<ServiceUser> service_user() {
  if (const passwd* entry = ::getpwnam(logon::service_user))
    return ServiceUser{entry->pw_name, {entry->pw_uid, entry->pw_gid}};
  complain(command_name, exit_failed,
           fmt::format("there is no user {}: systemd-sysusers makes it", logon::service_user));
  return std::nullopt;
}

int run_join(const MachineOptions& options) {
  if (const int code = need_root(); code != exit_ok) return code;
  const auto config = configuration();
  if (!config) return exit_usage;
  const auto user = service_user();
  if (!user) return exit_failed;
  if (!options.code_stdin && !can_ask())
    return complain(
        command_name, exit_usage,
        "there is no terminal to ask for the code: write it to standard input, and say --code-stdin");
  const auto code =
      options.code_stdin ? read_line() : ask_hidden(fmt::format("Code of {}", printable(options.user)));
  if (!code || !login::is_code(code->bytes()))
    return complain(command_name, exit_usage,
                    "this is no code: four times four letters and digits, as in ABCD-EFGH-2345-6789");
  return with_system_krb5_as(*user, command_name, [&](std::vector<login::RealmConfig>& realms) {
    auto joined = logon::join(*config, options.user, code->bytes(), std::time(nullptr));
    if (!joined) return complain(command_name, joined.error());
    realms.push_back(std::move(*joined));
    fmt::print("This machine is {} at {}.\n", printable(options.user), printable(config->url));
    return exit_ok;
  });
}

int refresh_now(const machine::Config& config) {
  const auto refreshed = logon::refresh(config, std::time(nullptr));
  if (!refreshed) return complain(command_name, refreshed.error());
  fmt::print("{} users and {} groups may be known here.\n", refreshed->accounts.users.size(),
             refreshed->accounts.groups.size());
  return check_output(exit_ok);
}

int run_refresh() {
  const auto config = configuration();
  if (!config) return exit_usage;
  return as_owner_of(machine::state_directory, [&] { return refresh_now(*config); });
}

int run_forget(const MachineOptions& options) {
  if (const int code = need_root(); code != exit_ok) return code;
  const auto accounts = machine::load_accounts(machine::accounts_file);
  if (!accounts) return complain(command_name, exit_failed, accounts.error());
  const machine::User* user = *accounts ? (*accounts)->find(options.user) : nullptr;
  if (user == nullptr)
    return complain(command_name, exit_failed,
                    fmt::format("{} is no user of the tenant here", printable(options.user)));
  const int code = as_owner_of(machine::state_directory, [&] {
    const auto forgotten = logon::forget(*user);
    return forgotten ? exit_ok : complain(command_name, forgotten.error());
  });
  if (code != exit_ok) return code;
  fmt::print("The next logon of {} takes a code: \"ferryman realm user code {}\" at the realm.\n", user->name,
             user->name);
  return check_output(exit_ok);
}

int run_status() {
  const auto config = configuration();
  if (!config) return exit_usage;
  const auto accounts = machine::load_accounts(machine::accounts_file);
  if (!accounts) return complain(command_name, exit_failed, accounts.error());
  fmt::print("Gateway: {}, tenant {}\n", printable(config->url), printable(config->tenant));
  if (::geteuid() == 0)
    as_owner_of(machine::state_directory, [] {
      const auto joined = logon::joined_as();
      fmt::print("Joined as: {}\n", joined ? printable(*joined) : joined.error().text);
      return exit_ok;
    });
  if (!*accounts) {
    fmt::print("The server has not been asked yet: \"ferryman machine refresh\" does it.\n");
    return check_output(exit_ok);
  }
  fmt::print("Asked {} minutes ago:\n", (std::time(nullptr) - (*accounts)->asked) / 60);
  for (const machine::User& user : (*accounts)->users)
    fmt::print("  {:<32}  uid {:<10}  {}\n", user.name, user.uid,
               user.disabled                                     ? "disabled"
               : !machine::may_log_on(*config, **accounts, user) ? "not in [allow]"
                                                                 : "may log on");
  return check_output(exit_ok);
}

using Action = int (*)(const MachineOptions& options);

void add_action(CLI::App& machine, std::function<int()>& run, const std::shared_ptr<MachineOptions>& options,
                const char* name, const char* description, Action action) {
  machine.add_subcommand(name, description)->callback([options, action, &run] {
    run = [options, action] { return action(*options); };
  });
}

}  // namespace

void add_machine_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<MachineOptions>();
  auto* machine = app.add_subcommand(command_name, "Let users of a tenant log on to this computer");
  machine->require_subcommand(1);
  machine->footer("See ferryman-machine(8).");
  add_action(*machine, run, options, "join", "Make this computer known to the tenant, by a code; as root",
             run_join);
  add_action(*machine, run, options, "refresh", "Ask who may log on, as the timer does",
             [](const MachineOptions&) { return run_refresh(); });
  add_action(*machine, run, options, "check",
             "Try a user's logon and all that it needs, and say what is wrong; as root",
             [](const MachineOptions& given) { return check_machine(given.user, given.pin_stdin); });
  add_action(*machine, run, options, "status", "Tell who may log on",
             [](const MachineOptions&) { return run_status(); });
  add_action(*machine, run, options, "forget", "Take a user's key away: her next logon takes a code; as root",
             run_forget);
  for (const char* name : {"check", "forget"})
    machine->get_subcommand(name)->add_option("USER", options->user, "Her name")->required();
  machine->get_subcommand("check")->add_flag("--pin-stdin", options->pin_stdin,
                                             "Read her PIN from standard input; by default it is asked for");
  auto* join = machine->get_subcommand("join");
  join->add_option("--user", options->user, "The computer's name at the tenant")
      ->required()
      ->type_name("USER");
  join->add_flag("--code-stdin", options->code_stdin, "Read the code from standard input");
}

}  // namespace ferryman
