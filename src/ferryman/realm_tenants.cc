#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "config/reader.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

std::string state_of(const Json& tenant) {
  if (is_set(tenant, "half_removed")) return "half removed";
  return is_set(tenant, "disabled") ? "disabled" : "enabled";
}

void print_tenant(const Json& tenant) {
  print_line("tenant", text_of(tenant, "name"));
  print_line("id", text_of(tenant, "id"));
  print_line("realm", text_of(tenant, "realm"));
  print_line("domains", texts_of(tenant, "domains"));
  print_line("domain SID", text_of(tenant, "domain_sid"));
  print_line("top-level names", texts_of(tenant, "top_level_names"));
  print_line("state", state_of(tenant));
  print_flags(tenant, {"default", "key_required", "attestation_required"});
  print_line("offline logon", is_set(tenant, "offline_logon") ? "computers decide" : "never");
  print_line("created", time_of(tenant, "created"));
}

std::string tenant_line(const Json& tenant) {
  return fmt::format("{:<24}  {:<28}  {:<12}  {}", text_of(tenant, "name"), text_of(tenant, "realm"),
                     state_of(tenant), texts_of(tenant, "domains"));
}

// One of another realm than the default tenant's is not served before ferrymand knows of it.
int add_tenant(RealmService& service, Json& arguments) {
  const bool names_realm = arguments.contains("realm");
  if (names_realm) warn_of_small_letters(text_of(arguments, "realm"));
  const auto tenant = service.call("tenant.add", std::move(arguments));
  if (!tenant) return tenant.error();
  const int code = service.print(*tenant, print_tenant);
  if (!names_realm) return code;
  return tell(code, "ferrymand serves a realm that its ferryman.toml declares:",
              fmt::format("\n  [realms.{}]\n  discovery = \"local\"\n  tenant = {}\n",
                          show_string(text_of(*tenant, "realm")), show_string(text_of(*tenant, "name"))));
}

// The default tenant may be disabled as any other, but more than its own URLs is lost with it.
int disable_tenant(RealmService& service, Json& arguments) {
  const auto tenant = service.call("tenant.disable", std::move(arguments));
  if (!tenant) return tenant.error();
  if (service.json()) {
    fmt::print("{}\n", tenant->dump(2, ' ', true));
  } else {
    print_tenant(*tenant);
  }
  if (is_set(*tenant, "default"))
    tell(exit_ok,
         fmt::format("warning: {} is the default tenant, and who asks at /KdcProxy and names no tenant is "
                     "refused now, too",
                     text_of(*tenant, "name")),
         "\"ferryman realm tenant enable\" undoes it; default_tenant of realm.toml names another.");
  return exit_ok;
}

void add_list_option(const RealmTree::Command& command) {
  command.app
      ->add_option_function<std::vector<std::string>>(
          "--top-level-names",
          [arguments = command.arguments](const std::vector<std::string>& names) {
            const bool none = names == std::vector<std::string>{"none"};
            (*arguments)["top_level_names"] = none ? Json::array() : Json(names);
          },
          "The DNS names that clients map to this realm, all of them, with \",\" between; none: no name")
      ->delimiter(',')
      ->type_name("NAME,...|none");
}

void add_tenant_settings(RealmTree& tree, CLI::App& tenants) {
  const auto add = tree.command(tenants, "add", "Make a tenant, with keys of its own", add_tenant);
  RealmTree::positional(add, "NAME", "name", "One label, as it is to stand in URLs");
  RealmTree::text(add, "--realm", "realm", "Its realm; by default realm.toml's name");
  RealmTree::texts(add, "--domain", "domains", "A DNS domain that names the tenant, too; may be repeated");
  const auto set =
      tree.command(tenants, "set", "Change settings of a tenant", [](RealmService& service, Json& arguments) {
        if (arguments.size() == 1)
          return tell(exit_usage, "nothing to set",
                      "\"ferryman realm tenant set --help\" tells what there is.");
        return service.show("tenant.set", std::move(arguments), print_tenant);
      });
  RealmTree::positional(set, "NAME", "name", "The tenant");
  RealmTree::texts(set, "--add-domain", "add_domains", "A further domain; may be repeated");
  RealmTree::texts(set, "--remove-domain", "remove_domains", "One that goes; may be repeated");
  add_list_option(set);
  RealmTree::either(set, "key-required", "key_required", "No password of anybody passes");
  RealmTree::either(
      set, "attestation-required", "attestation_required",
      "FIDO keys are registered only where attestation_roots of realm.toml lead to their maker");
  RealmTree::either(set, "offline-logon", "offline_logon",
                    "Computers may let people in by their PIN while no gateway answers");
}

}  // namespace

void add_tenant_commands(RealmTree& tree) {
  CLI::App& tenants = tree.branch("tenant", "Tenants: organizations with users and keys of their own");
  add_tenant_settings(tree, tenants);
  tree.command(tenants, "list", "All tenants", [](RealmService& service, Json&) {
    const std::string header =
        fmt::format("{:<24}  {:<28}  {:<12}  {}", "TENANT", "REALM", "STATE", "DOMAINS");
    return print_list(service, {"tenant.list", "tenants", header, tenant_line});
  });
  const auto show =
      tree.command(tenants, "show", "All about a tenant", [](RealmService& service, Json& arguments) {
        return service.show("tenant.show", std::move(arguments), print_tenant);
      });
  RealmTree::positional(show, "NAME", "name", "The tenant: its name, one of its domains, or its GUID");
  const auto disable =
      tree.command(tenants, "disable", "No logon and no ticket from now on, for nobody", disable_tenant);
  RealmTree::positional(disable, "NAME", "name", "The tenant");
  const auto enable =
      tree.command(tenants, "enable", "Undo disable", [](RealmService& service, Json& arguments) {
        return service.show("tenant.enable", std::move(arguments), print_tenant);
      });
  RealmTree::positional(enable, "NAME", "name", "The tenant");
  tree.removal(tenants, "tenant", "Remove a tenant, with its users, groups, services and keys");
}

}  // namespace ferryman
