#include "ferryman/login_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/mistake.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"
#include "ferryman/sign_in_command.h"
#include "ferryman/start_forwarder.h"
#include "login/enrolment.h"
#include "login/pkinit_login.h"
#include "login/session.h"

namespace ferryman {
namespace {

using login::Accounts;
using login::EnrolledAccount;

constexpr const char* footer =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the server, 4 wrong PIN or the key is "
    "locked,\n"
    "5 not reachable. See ferryman-login(1).";

struct LoginOptions {
  std::string user;
  bool renew = false, pin_stdin = false, force = false, forwarder = false, json = false, key_list = false,
       pkinit = false;
  std::string anchor;  // of the KDC
};

void print_json(const nlohmann::ordered_json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', true));
}

std::string name_of(const EnrolledAccount& account) {
  return printable(account.account().person.upn);
}

// Remembers for status what went wrong.
int noted(std::string_view command, const EnrolledAccount& account, const login::Failure& failure) {
  account.set_last_error(login::LastError{std::time(nullptr), failure.text});
  return complain(command, failure);
}

tl::expected<std::unique_ptr<keys::KeyStore>, int> store_of(std::string_view command,
                                                            const EnrolledAccount& account) {
  login::KeyPlace place = account.account().place;
  auto store = place.open();
  if (!store) return tl::unexpected(noted(command, account, store.error()));
  return std::move(*store);
}

int finish(std::string_view command, const EnrolledAccount& account,
           const login::Outcome<login::SignedIn>& signed_in, bool json) {
  if (!signed_in) return noted(command, account, signed_in.error());
  if (signed_in->no_ticket) {
    account.set_last_error(login::LastError{std::time(nullptr), signed_in->no_ticket->text});
  } else {
    account.set_last_error(std::nullopt);
  }
  return print_signed_in(command, account, *signed_in, json);
}

// Nothing: the sign-in service is asked.
tl::expected<std::optional<pkinit::KdcAnchors>, int> anchors_of(const LoginOptions& options) {
  if (!options.pkinit) return std::nullopt;
  const auto text = read_config_file(options.anchor);
  if (!text) return tl::unexpected(complain("login", exit_failed, text.error().to_string()));
  auto anchors = pkinit::KdcAnchors::parse(as_bytes(*text));
  if (!anchors)
    return tl::unexpected(complain(
        "login", exit_failed,
        fmt::format("{} has to be certificates in PEM, as \"ferryman realm pkinit anchor\" prints one",
                    printable(options.anchor))));
  return *std::move(anchors);
}

// The PIN is asked for before the lock is taken: nobody else has to wait for a person.
int login_with_key(Accounts& accounts, const LoginOptions& options) {
  const auto anchors = anchors_of(options);
  if (!anchors) return anchors.error();
  const auto chosen = accounts.choose(options.user);
  if (!chosen) return complain("login", chosen.error());
  const auto store = store_of("login", **chosen);
  if (!store) return store.error();
  if (const int code = check_not_locked("login", **store); code != exit_ok) return code;
  auto security_key = security_key_of("login", (*chosen)->account().place);
  if (!security_key) return security_key.error();
  const auto pin =
      asks_pin(*security_key) ? ask_pin({"login", options.pin_stdin, name_of(**chosen)}) : Secret();
  if (!pin) return pin.error();
  const login::Person person = (*chosen)->account().person;
  const auto lock = accounts.lock();
  if (!lock) return complain("login", lock.error());
  const EnrolledAccount* account = accounts.find(person);
  if (account == nullptr) return complain("login", exit_failed, "the account was removed meanwhile");
  const login::Keys with{**store, *security_key ? &**security_key : nullptr, pin->bytes()};
  const std::int64_t now = std::time(nullptr);
  return finish("login", *account,
                *anchors ? login::log_on_by_pkinit(accounts, *account, with, **anchors, now)
                         : login::sign_in(accounts, *account, with, now, options.key_list),
                options.json);
}

// Without a name all of them, as the timer does; those that are signed out have nothing to renew.
int renew(Accounts& accounts, const LoginOptions& options) {
  const auto lock = accounts.lock();
  if (!lock) return complain("login", lock.error());
  int code = exit_ok;
  const auto renew_one = [&](const EnrolledAccount& account) {
    const auto store = store_of("login", account);
    const int own =
        store ? finish("login", account,
                       login::renew(accounts, account, **store, std::time(nullptr), options.key_list),
                       options.json)
              : store.error();
    if (own != exit_ok) code = own;
  };
  if (!options.user.empty()) {
    const auto account = accounts.choose(options.user);
    if (!account) return complain("login", account.error());
    renew_one(**account);
    return code;
  }
  bool any = false;
  for (const EnrolledAccount& each : accounts.all()) {
    if (const auto record = each.record(); record && !*record) continue;
    any = true;
    renew_one(each);
  }
  if (!any && !options.json) fmt::print("Nobody is signed in: there is nothing to renew.\n");
  return code;
}

int run_login(const LoginOptions& options) {
  auto accounts = enrolled_accounts("login");
  if (!accounts) return accounts.error();
  const int code = options.renew ? renew(*accounts, options) : login_with_key(*accounts, options);
  refresh_forwarder(*accounts, "login", !options.renew && code == exit_ok);
  return code;
}

int run_logout(const LoginOptions& options) {
  auto accounts = enrolled_accounts("logout");
  if (!accounts) return accounts.error();
  const auto lock = accounts->lock();
  if (!lock) return complain("logout", lock.error());
  const auto account = accounts->choose(options.user);
  if (!account) return complain("logout", account.error());
  const auto done = login::sign_out(**account);
  if (!done) return noted("logout", **account, done.error());
  (*account)->set_last_error(std::nullopt);
  refresh_forwarder(*accounts, "logout", false);
  if (options.json) print_json({{"user", (*account)->account().person.upn}, {"signed_in", nullptr}});
  if (!options.json) fmt::print("{} is signed out.\n", name_of(**account));
  return check_output(exit_ok);
}

int leave(const EnrolledAccount& account) {
  const auto store = store_of("unenroll", account);
  if (!store) return store.error();
  const auto left = login::leave_tenant(account, **store, std::time(nullptr));
  if (left) return exit_ok;
  const int code = noted("unenroll", account, left.error());
  return complain(
      "unenroll", code,
      "nothing was removed: \"ferryman login\" first; or --force removes what is here, and leaves the "
      "device at the tenant to an administrator (\"ferryman realm device remove\")");
}

int run_unenroll(const LoginOptions& options) {
  auto accounts = enrolled_accounts("unenroll");
  if (!accounts) return accounts.error();
  const auto lock = accounts->lock();
  if (!lock) return complain("unenroll", lock.error());
  const auto account = accounts->choose(options.user);
  if (!account) return complain("unenroll", account.error());
  if (!options.force)
    if (const int code = leave(**account); code != exit_ok) return code;
  const login::Account was = (*account)->account();
  if (const auto done = login::sign_out(**account); !done) complain("unenroll", done.error());
  if (const auto removed = accounts->remove(**account); !removed)
    return complain("unenroll", removed.error());
  if (const auto written = login::write_krb5_config(*accounts); !written)
    return complain("unenroll", written.error());
  refresh_forwarder(*accounts, "unenroll", false);
  if (options.json) {
    print_json({{"user", was.person.upn}, {"device", was.device_id}, {"left_tenant", !options.force}});
  } else {
    fmt::print("{} is no longer enrolled here{}.\n", printable(was.person.upn),
               options.force
                   ? fmt::format("; the tenant was not told of it, there the device is {}", was.device_id)
                   : ", and the device is removed at the tenant");
  }
  return check_output(exit_ok);
}

// As a shell reads it.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// A user's own files stay: before ours where theirs is the first word, behind it where ours must be. other:
// what the other kind of programs is led by.
std::string krb5_config_with(const std::string& file, const std::string& other, bool first) {
  const char* present = std::getenv("KRB5_CONFIG");
  std::string files;
  for (std::string_view rest = present == nullptr ? "" : present; !rest.empty();) {
    const std::string_view each = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(each.size() + 1, rest.size()));
    if (!each.empty() && each != file && each != other)
      files += fmt::format("{}{}", files.empty() ? "" : ":", each);
  }
  if (files.empty()) return file;
  return first ? file + ":" + files : files + ":" + file;
}

// Of the launcher of Java 9 and later; there it stands in quotes.
std::string java_options_with(const std::string& file) {
  std::string option = fmt::format("\"-Djava.security.krb5.conf={}\"", file);
  const char* present = std::getenv("JDK_JAVA_OPTIONS");
  const std::string options = present == nullptr ? "" : present;
  if (options.empty()) return option;
  return options.find(option) == std::string::npos ? options + " " + option : options;
}

int run_env(const LoginOptions& options) {
  const auto accounts = enrolled_accounts("env");
  if (!accounts) return accounts.error();
  const std::string file = accounts->path() + "/" + login::krb5_file,
                    forward_file = accounts->path() + "/" + login::forward_file;
  std::vector<std::pair<std::string, std::string>> variables;
  if (!options.forwarder) {
    variables.emplace_back("KRB5_CONFIG", krb5_config_with(file, forward_file, false));
  } else if (::access(forward_file.c_str(), F_OK) != 0) {
    return complain("env", exit_failed, "no forwarder has run here yet: \"ferryman login\" starts one");
  } else {
    variables.emplace_back("KRB5_CONFIG", krb5_config_with(forward_file, file, true));
    variables.emplace_back("JDK_JAVA_OPTIONS", java_options_with(forward_file));
  }
  nlohmann::ordered_json json;
  for (const auto& [name, value] : variables) json[name] = value;
  if (options.json) print_json(json);
  if (!options.json)
    for (const auto& [name, value] : variables) fmt::print("export {}={}\n", name, quoted(value));
  return check_output(exit_ok);
}

CLI::App* add_command(CLI::App& app, std::function<int()>& run, const char* name, const char* description,
                      LoginOptions& options, std::function<int()> action) {
  auto* command = app.add_subcommand(name, description);
  command->add_flag("--json", options.json, "Print JSON");
  command->footer(footer);
  command->callback([action = std::move(action), &run] { run = action; });
  return command;
}

}  // namespace

void add_login_commands(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<LoginOptions>();
  const auto add_user = [options](CLI::App* command, const char* help) {
    command->add_option("--user", options->user, help)->type_name("USER");
  };
  auto* login = add_command(app, run, "login", "Sign in with the key and its PIN: klist then shows a ticket",
                            *options, [options] { return run_login(*options); });
  add_user(login, "Whose key; by default of the account that was enrolled first");
  auto* renews = login->add_flag("--renew", options->renew,
                                 "Renew what there is, without a PIN; without --user of all accounts");
  login->add_flag("--pin-stdin", options->pin_stdin, "Read the PIN from standard input")->excludes(renews);
  auto* pkinit = login->add_flag("--pkinit", options->pkinit,
                                 "Get the ticket from the KDC by PKINIT, without the sign-in service");
  auto* anchor = login->add_option("--anchor", options->anchor,
                                   "Whose certificates of a KDC are believed then: a file in PEM");
  anchor->type_name("FILE")->needs(pkinit);
  pkinit->needs(anchor)->excludes(renews);
  login->add_flag("--key-list", options->key_list,
                  "Ask the domain controller that gives the on-premises ticket for your RC4 key as well "
                  "(KERB-KEY-LIST-REQ), and tell whether it came: for tests");
  add_user(add_command(app, run, "logout", "Remove tickets and tokens; the key stays", *options,
                       [options] { return run_logout(*options); }),
           "Who; by default the account that was enrolled first");
  auto* unenroll =
      add_command(app, run, "unenroll", "Remove keys, tickets and tokens, and the device at the tenant",
                  *options, [options] { return run_unenroll(*options); });
  add_user(unenroll, "Who; by default the account that was enrolled first");
  unenroll->add_flag("--force", options->force, "Remove what is here, and tell the tenant nothing");
  add_command(app, run, "env",
              "Print the shell's line that leads programs to the realm: eval \"$(ferryman env)\"", *options,
              [options] { return run_env(*options); })
      ->add_flag("--forwarder", options->forwarder,
                 "Of programs that know no KDC proxies: Samba's, Heimdal's, Java's");
}

}  // namespace ferryman
