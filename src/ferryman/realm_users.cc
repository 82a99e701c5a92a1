#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_prompt.h"
#include "ferryman/secret_input.h"

namespace ferryman {
namespace {

using admin::Json;

void print_user(const Json& user) {
  print_line("user", text_of(user, "name"));
  print_line("id", text_of(user, "id"));
  print_line("UPNs", texts_of(user, "upns"));
  print_line("display name", text_of(user, "display_name"));
  print_line("state", account_state(user, std::time(nullptr)));
  print_flags(user, {"must_change", "key_required", "sensitive", "rc4", "key_list"});
  print_line("SID", text_of(user, "sid"));
  print_line("uid, gid", fmt::format("{}, {}", text_of(user, "uid"), text_of(user, "gid")));
  if (user.contains("groups")) print_line("groups", texts_of(user, "groups"));
  if (const auto there = user.find("on_premises"); there != user.end() && there->is_object())
    print_line("on premises", fmt::format("{} of {}, {}", text_of(*there, "name"), text_of(*there, "domain"),
                                          text_of(*there, "sid")));
  print_line("created", time_of(user, "created"));
  print_line("expires", time_or_never(user, "expires"));
  print_line("last used", time_or_never(user, "last_used"));
  print_line("password", time_or_never(user, "password_changed"));
  print_line("password expires", time_or_never(user, "password_expires"));
  print_line("kvno", text_of(user, "kvno"));
  print_line("failed logons", text_of(user, "failures"));
}

std::string user_line(const Json& user) {
  return fmt::format("{:<24}  {:<12}  {:<20}  {}", text_of(user, "name"), text_of(user, "uid"),
                     time_or_never(user, "last_used"), account_state(user, std::time(nullptr)));
}

std::string text_of_secret(const Secret& secret) {
  return std::string(as_text(secret.bytes()));
}

// From standard input where that was said, else from a person.
int get_password(Json& arguments, bool standard_input) {
  const std::string name = printable(arguments.at("name").get<std::string>());
  auto password = standard_input ? read_password() : ask_new_password(name);
  if (!password) return password.error();
  arguments["password"] = text_of_secret(*password);
  return exit_ok;
}

int add_user(RealmService& service, Json& arguments, bool standard_input) {
  const bool with_password = standard_input || can_ask();
  if (with_password)
    if (const int code = get_password(arguments, standard_input); code != exit_ok) return code;
  const int code = service.show("user.add", std::move(arguments), print_user);
  if (code == exit_ok && !with_password)
    tell(code, "there was no terminal to ask for a password, so the user has none yet",
         "\"ferryman realm user password NAME\" gives one.");
  return code;
}

void add_settings(const RealmTree::Command& command) {
  RealmTree::text(command, "--display-name", "display_name", "As it is shown to people");
  RealmTree::time(command, "--expires", "expires", "From when on the user cannot log on");
  RealmTree::id(command, "--uid", "uid", "Instead of the one made of the SID, which \"auto\" is", "auto");
  RealmTree::either(command, "must-change", "must_change", "The password must be changed at the next logon");
  RealmTree::either(command, "key-required", "key_required", "No password passes");
  RealmTree::either(command, "sensitive", "sensitive", "Tickets are never forwardable or proxiable");
  RealmTree::either(command, "rc4", "rc4", "RC4 is allowed where realm.toml allows it as well");
  RealmTree::either(command, "key-list", "key_list",
                    "A read-only domain controller that may vouch for the user gets the user's keys as well");
}

void add_password_option(const RealmTree::Command& command, bool& standard_input) {
  command.app->add_flag("--password-stdin", standard_input,
                        "Read the password from standard input instead of asking for it");
}

void add_user_add(RealmTree& tree, CLI::App& users) {
  auto standard_input = std::make_shared<bool>(false);
  const auto add =
      tree.command(users, "add", "Make a user", [standard_input](RealmService& service, Json& arguments) {
        return add_user(service, arguments, *standard_input);
      });
  RealmTree::positional(add, "NAME", "name", "Such as alice");
  RealmTree::texts(add, "--upn", "upns", "A user principal name, alice@example.com; may be repeated");
  RealmTree::texts(add, "--group", "groups", "A group that the user joins; may be repeated");
  RealmTree::flag(add, "--disabled", "disabled", "Cannot log on until \"enable\"");
  add_settings(add);
  add_password_option(add, *standard_input);
}

void add_user_set(RealmTree& tree, CLI::App& users) {
  const auto set =
      tree.command(users, "set", "Change settings of a user", [](RealmService& service, Json& arguments) {
        if (arguments.size() == 1)
          return tell(exit_usage, "nothing to set",
                      "\"ferryman realm user set --help\" tells what there is.");
        return service.show("user.set", std::move(arguments), print_user);
      });
  RealmTree::positional(set, "NAME", "name", "The user");
  RealmTree::text(set, "--rename", "new_name", "Another name; the SID stays");
  RealmTree::texts(set, "--add-upn", "add_upns", "A further user principal name; may be repeated");
  RealmTree::texts(set, "--remove-upn", "remove_upns", "One that goes; may be repeated");
  RealmTree::flag(set, "--forget-on-premises", "forget_on_premises",
                  "She is of no on-premises domain any more; what she has from there stays her own");
  add_settings(set);
}

void add_user_password(RealmTree& tree, CLI::App& users) {
  auto standard_input = std::make_shared<bool>(false);
  const auto password = tree.command(
      users, "password", "Give a user a new password",
      [standard_input](RealmService& service, Json& arguments) {
        if (!*standard_input && can_ask())
          if (const auto user = service.call("user.show", {{"name", arguments.at("name")}}); !user)
            return user.error();  // before a password is typed for nobody
        if (const int code = get_password(arguments, *standard_input); code != exit_ok) return code;
        return service.show("user.password", std::move(arguments), print_user);
      });
  RealmTree::positional(password, "NAME", "name", "The user");
  RealmTree::either(password, "must-change", "must_change", "It must be changed at the next logon");
  add_password_option(password, *standard_input);
}

}  // namespace

void add_state_commands(RealmTree& tree, CLI::App& branch, const std::string& object,
                        const std::function<void(const Json&)>& print) {
  const std::pair<const char*, const char*> states[] = {
      {"disable", "No logon and no ticket from now on"},
      {"enable", "Undo disable"},
      {"unlock", "Undo a lock that wrong passwords have caused"}};
  for (const auto& [name, description] : states) {
    const auto state =
        tree.command(branch, name, description,
                     [command = object + "." + name, print](RealmService& service, Json& arguments) {
                       return service.show(command, std::move(arguments), print);
                     });
    RealmTree::positional(state, "NAME", "name", "The " + object);
  }
}

void add_user_commands(RealmTree& tree) {
  CLI::App& users = tree.branch("user", "Users, and their passwords");
  add_user_add(tree, users);
  tree.command(users, "list", "All users", [](RealmService& service, Json&) {
    const std::string header = fmt::format("{:<24}  {:<12}  {:<20}  {}", "USER", "UID", "LAST USED", "STATE");
    return print_list(service, {"user.list", "users", header, user_line});
  });
  const auto show =
      tree.command(users, "show", "All about a user", [](RealmService& service, Json& arguments) {
        return service.show("user.show", std::move(arguments), print_user);
      });
  RealmTree::positional(show, "NAME", "name", "The user");
  add_user_set(tree, users);
  add_state_commands(tree, users, "user", print_user);
  tree.removal(users, "user", "Remove a user, with keys and memberships");
  add_user_password(tree, users);
  add_sign_in_commands(tree, users);
}

}  // namespace ferryman
