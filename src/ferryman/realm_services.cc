#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <memory>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_keytab.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

void print_service(const Json& service) {
  print_line("service", text_of(service, "name"));
  print_line("id", text_of(service, "id"));
  if (service.contains("matched")) print_line("matched by", text_of(service, "matched"));
  print_line("SPNs", texts_of(service, "spns"));
  print_line("display name", text_of(service, "display_name"));
  print_line("state", account_state(service, std::time(nullptr)));
  print_flags(service, {"ok_as_delegate", "trusted_to_auth"});
  print_line("delegates to", texts_of(service, "delegate_to"));
  print_line("delegation from", texts_of(service, "allow_delegation_from"));
  print_line("SID", text_of(service, "sid"));
  print_line("created", time_of(service, "created"));
  print_line("expires", time_or_never(service, "expires"));
  print_line("last used", time_or_never(service, "last_used"));
  print_line("kvno", text_of(service, "kvno"));
  print_line("etypes", texts_of(service, "etypes"));
  print_line("failed logons", text_of(service, "failures"));
}

std::string service_line(const Json& service) {
  return fmt::format("{:<40}  {:>4}  {:<20}  {}", text_of(service, "name"), text_of(service, "kvno"),
                     time_or_never(service, "last_used"), account_state(service, std::time(nullptr)));
}

int get_keytab(RealmService& service, const Json& arguments, const std::string& file) {
  if (const int code = check_no_keytab(file); code != exit_ok) return code;
  auto result = service.call("service.keytab", arguments);
  if (!result) return result.error();
  if (const int code = write_keytab(*result, file); code != exit_ok) return code;
  if (service.json()) {
    fmt::print("{}\n", result->dump(2, ' ', true));
  } else {
    fmt::print("{}: {} keys of kvno {}\n", printable(file), text_of(*result, "entries"),
               text_of(*result, "kvno"));
  }
  return exit_ok;
}

// New encryption types are new keys, which the service itself does not have yet.
int set_service(RealmService& service, Json arguments) {
  const auto result = service.call("service.set", std::move(arguments));
  if (!result) return result.error();
  const int code = service.print(*result, print_service);
  if (!is_set(*result, "new_keys")) return code;
  const std::string name = text_of(*result, "name");
  return tell(code,
              fmt::format("{} has new keys, kvno {}: its present keytab is of no use for new tickets", name,
                          text_of(*result, "kvno")),
              fmt::format("Get a new one: ferryman realm service keytab {} -o FILE", name));
}

void add_settings(const RealmTree::Command& command) {
  RealmTree::text(command, "--display-name", "display_name", "As it is shown to people");
  RealmTree::time(command, "--expires", "expires", "From when on there are no tickets for it");
  command.app
      ->add_option_function<std::vector<std::string>>(
          "--etypes",
          [arguments = command.arguments](const std::vector<std::string>& names) {
            (*arguments)["etypes"] = names;
          },
          "Encryption types of its keys, as realm.toml names them, with \",\" between; others than now: new "
          "keys")
      ->delimiter(',')
      ->type_name("ETYPE,...");
  RealmTree::either(command, "ok-as-delegate", "ok_as_delegate", "Clients are told to forward tickets to it");
  RealmTree::either(command, "trusted-to-auth", "trusted_to_auth",
                    "It may go on as users who have not logged on to it by Kerberos");
}

void add_delegations(const RealmTree::Command& command) {
  RealmTree::texts(command, "--delegate-to", "delegate_to",
                   "A service, by its SPN, at which it may act for its users; may be repeated");
  RealmTree::texts(command, "--remove-delegate-to", "remove_delegate_to", "One at which it no longer may");
  RealmTree::texts(command, "--allow-delegation-from", "allow_delegation_from",
                   "A service that may act for users at this one; may be repeated");
  RealmTree::texts(command, "--remove-allow-delegation-from", "remove_allow_delegation_from",
                   "One that no longer may");
}

void add_service_settings(RealmTree& tree, CLI::App& services) {
  const auto add = tree.command(services, "add", "Make a service, with random keys",
                                [](RealmService& service, Json& arguments) {
                                  return service.show("service.add", std::move(arguments), print_service);
                                });
  RealmTree::positional(add, "NAME", "name", "An SPN, such as HTTP/www.example.com, or a computer's NAME$");
  RealmTree::texts(add, "--spn", "spns", "A further SPN; may be repeated");
  RealmTree::flag(add, "--disabled", "disabled", "No tickets until \"enable\"");
  add_settings(add);
  const auto set = tree.command(services, "set", "Change settings of a service",
                                [](RealmService& service, Json& arguments) {
                                  if (arguments.size() == 1)
                                    return tell(exit_usage, "nothing to set",
                                                "\"ferryman realm service set --help\" tells what there is.");
                                  return set_service(service, std::move(arguments));
                                });
  RealmTree::positional(set, "NAME", "name", "The service");
  RealmTree::texts(set, "--add-spn", "add_spns", "A further SPN; may be repeated");
  RealmTree::texts(set, "--remove-spn", "remove_spns", "One that goes; may be repeated");
  add_settings(set);
  add_delegations(set);
}

void add_service_questions(RealmTree& tree, CLI::App& services) {
  tree.command(services, "list", "All services", [](RealmService& service, Json&) {
    const std::string header =
        fmt::format("{:<40}  {:>4}  {:<20}  {}", "SERVICE", "KVNO", "LAST USED", "STATE");
    return print_list(service, {"service.list", "services", header, service_line});
  });
  const auto show =
      tree.command(services, "show", "All about a service", [](RealmService& service, Json& arguments) {
        return service.show("service.show", std::move(arguments), print_service);
      });
  RealmTree::positional(show, "NAME", "name", "The service, or one of its SPNs");
  const auto find = tree.command(services, "find", "Which service a ticket for an SPN would be for",
                                 [](RealmService& service, Json& arguments) {
                                   return service.show("service.find", std::move(arguments), print_service);
                                 });
  RealmTree::positional(find, "SPN", "spn", "Such as CIFS/www.example.com");
}

}  // namespace

void add_service_commands(RealmTree& tree) {
  CLI::App& services = tree.branch("service", "Services and computers, and their keytabs");
  add_service_settings(tree, services);
  add_service_questions(tree, services);
  add_state_commands(tree, services, "service", print_service);
  tree.removal(services, "service", "Remove a service, with its keys");
  auto file = std::make_shared<std::string>();
  const auto keytab = tree.command(
      services, "keytab", "Write the keys of a service to a new file",
      [file](RealmService& service, Json& arguments) { return get_keytab(service, arguments, *file); });
  RealmTree::positional(keytab, "NAME", "name", "The service, or one of its SPNs");
  keytab.app->add_option("-o,--output", *file, "The file, which must not be there yet; mode 0600")
      ->required()
      ->type_name("FILE");
  add_service_rotation(tree, services);
}

}  // namespace ferryman
