#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

void print_device(const Json& device) {
  print_line("device", text_of(device, "id"));
  print_line("owner", text_of(device, "owner"));
  print_line("name", text_of(device, "name"));
  print_line("system", fmt::format("{} {}", text_of(device, "type"), text_of(device, "version")));
  print_line("state", is_set(device, "disabled") ? "disabled" : "enabled");
  print_line("joined", time_of(device, "created"));
  print_line("last used", time_or_never(device, "last_used"));
}

std::string device_line(const Json& device) {
  return fmt::format("{:<36}  {:<20}  {:<20}  {:<20}  {}", text_of(device, "id"), text_of(device, "owner"),
                     text_of(device, "name"), time_or_never(device, "last_used"),
                     is_set(device, "disabled") ? "disabled" : "");
}

void add_device_command(RealmTree& tree, CLI::App& devices, const std::string& name,
                        const std::string& description) {
  const auto command = tree.command(devices, name, description,
                                    [command = "device." + name](RealmService& service, Json& arguments) {
                                      return service.show(command, std::move(arguments), print_device);
                                    });
  RealmTree::positional(command, "ID", "name", "The device's id");
}

void print_code(const Json& made) {
  print_line("code", text_of(made, "code"));
  print_line("for", text_of(made, "name"));
  print_line("until", time_of(made, "expires"));
}

void print_keys(const Json& user) {
  print_line("user", text_of(user, "name"));
  for (const Json& key : user.at("keys")) {
    print_line("key", text_of(key, "id"));
    const bool is_fido = text_of(key, "kind") == "fido";
    print_line("  kind", is_fido                   ? "FIDO2"
                         : is_set(key, "attested") ? "Hello, in a TPM that attests it"
                                                   : "Hello");
    if (is_fido) {
      print_line("  name", text_of(key, "display_name"));
      print_line("  AAGUID", text_of(key, "aaguid"));
      print_line("  signatures", key.at("sign_count").dump());
    } else {
      print_line("  on device", text_of(key, "device"));
    }
    print_line("  registered", time_of(key, "created"));
    print_line("  last used", time_or_never(key, "last_used"));
  }
  for (const Json& token : user.at("tokens")) {
    print_line("token", text_of(token, "id"));
    print_line("  on device", text_of(token, "device"));
    print_line("  given", time_of(token, "created"));
    print_line("  good until", time_of(token, "expires"));
  }
}

// What `user keys` was told to revoke; empty: nothing.
struct Revocation {
  std::string key, token;
  bool all_tokens = false;
};

int show_or_revoke(RealmService& service, Json& arguments, const Revocation& wanted) {
  const bool by_token = wanted.all_tokens || !wanted.token.empty();
  if (by_token && !wanted.key.empty())
    return tell(exit_usage, "a key and tokens are revoked one after the other",
                "With a key go the tokens that it got.");
  if (!wanted.key.empty()) {
    arguments["key"] = wanted.key;
    return service.show("user.revoke_key", std::move(arguments),
                        [](const Json& revoked) { print_line("revoked", "key " + text_of(revoked, "key")); });
  }
  if (!wanted.token.empty()) arguments["token"] = wanted.token;
  if (by_token)
    return service.show("user.revoke_tokens", std::move(arguments), [](const Json& revoked) {
      const std::string token = text_of(revoked, "token");
      print_line("revoked", token.empty() ? "all tokens of " + text_of(revoked, "name") : "token " + token);
    });
  return service.show("user.keys", std::move(arguments), print_keys);
}

}  // namespace

void add_device_commands(RealmTree& tree) {
  CLI::App& devices = tree.branch("device", "Devices that users have joined");
  tree.command(devices, "list", "All devices", [](RealmService& service, Json&) {
    const std::string header =
        fmt::format("{:<36}  {:<20}  {:<20}  {:<20}  {}", "DEVICE", "OWNER", "NAME", "LAST USED", "STATE");
    return print_list(service, {"device.list", "devices", header, device_line});
  });
  add_device_command(tree, devices, "show", "All about a device");
  add_device_command(tree, devices, "disable", "Let nobody sign in on it, and end what was signed in");
  add_device_command(tree, devices, "enable", "Take that back");
  tree.removal(devices, "device", "Remove a device, with the keys on it");
}

void add_sign_in_commands(RealmTree& tree, CLI::App& users) {
  const auto code =
      tree.command(users, "code", "Make a one-time code with which a user enrols a device within an hour",
                   [](RealmService& service, Json& arguments) {
                     return service.show("user.code", std::move(arguments), print_code);
                   });
  RealmTree::positional(code, "NAME", "name", "The user");
  auto wanted = std::make_shared<Revocation>();
  const auto keys =
      tree.command(users, "keys", "The keys with which a user signs in, and what she is signed in by",
                   [wanted](RealmService& service, Json& arguments) {
                     return show_or_revoke(service, arguments, *wanted);
                   });
  RealmTree::positional(keys, "NAME", "name", "The user");
  keys.app->add_option("--revoke", wanted->key, "End a key, and what was signed in by it")->type_name("ID");
  keys.app->add_option("--revoke-token", wanted->token, "End a primary refresh token and its tickets")
      ->type_name("ID");
  keys.app->add_flag("--revoke-tokens", wanted->all_tokens, "End all of them; her keys stay");
}

}  // namespace ferryman
