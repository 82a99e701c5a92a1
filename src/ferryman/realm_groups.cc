#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

void print_group(const Json& group) {
  print_line("group", text_of(group, "name"));
  print_line("id", text_of(group, "id"));
  print_line("SID", text_of(group, "sid"));
  print_line("gid", text_of(group, "gid"));
  print_flags(group, {"key_required"});
}

std::string group_line(const Json& group) {
  return fmt::format("{:<32}  {:<12}  {}", text_of(group, "name"), text_of(group, "gid"),
                     is_set(group, "key_required") ? "key_required" : "");
}

// The group and its first members come with the first page.
void print_members(const Json& page, bool first) {
  if (first) print_group(page);
  for (const Json& member : page.at("members")) {
    print_line(first ? "members" : " ", printable(member.get<std::string>()));
    first = false;
  }
  if (first && page.at("members").empty()) print_line("members", "");
}

int show_group(RealmService& service, const Json& arguments) {
  Json whole;
  bool first = true;
  const int code = service.call_paged("group.show", arguments, "members", [&](const Json& page) {
    if (!service.json()) {
      print_members(page, first);
    } else if (first) {
      whole = page;
      whole.erase("next");
    } else {
      const Json& more = page.at("members");
      whole["members"].insert(whole["members"].end(), more.begin(), more.end());
    }
    first = false;
  });
  if (code == exit_ok && service.json()) fmt::print("{}\n", whole.dump(2, ' ', true));
  return code;
}

// join and leave.
void add_membership_command(RealmTree& tree, CLI::App& groups, const std::string& name,
                            const std::string& description) {
  const auto membership = tree.command(
      groups, name, description, [command = "group." + name](RealmService& service, Json& arguments) {
        return service.show(command, std::move(arguments), [](const Json&) {});
      });
  RealmTree::positional(membership, "GROUP", "group", "The group");
  RealmTree::positional(membership, "ACCOUNT", "account", "A user or a service");
}

void add_group_settings(RealmTree& tree, CLI::App& groups) {
  const auto add = tree.command(groups, "add", "Make a group", [](RealmService& service, Json& arguments) {
    return service.show("group.add", std::move(arguments), print_group);
  });
  RealmTree::positional(add, "NAME", "name", "Such as Engineers");
  RealmTree::id(add, "--gid", "gid", "Instead of the one made of the SID");
  RealmTree::flag(add, "--key-required", "key_required", "No password of a member passes");
  const auto set =
      tree.command(groups, "set", "Change a setting of a group", [](RealmService& service, Json& arguments) {
        if (!arguments.contains("key_required"))
          return tell(exit_usage, "nothing to set", "Say --key-required or --no-key-required.");
        return service.show("group.set", std::move(arguments), print_group);
      });
  RealmTree::positional(set, "NAME", "name", "The group");
  RealmTree::either(set, "key-required", "key_required", "No password of a member passes");
}

}  // namespace

void add_group_commands(RealmTree& tree) {
  CLI::App& groups = tree.branch("group", "Groups, and who is in them");
  add_group_settings(tree, groups);
  tree.command(groups, "list", "All groups", [](RealmService& service, Json&) {
    const std::string header = fmt::format("{:<32}  {:<12}  {}", "GROUP", "GID", "FLAGS");
    return print_list(service, {"group.list", "groups", header, group_line});
  });
  const auto show =
      tree.command(groups, "show", "All about a group, and its members",
                   [](RealmService& service, Json& arguments) { return show_group(service, arguments); });
  RealmTree::positional(show, "NAME", "name", "The group");
  tree.removal(groups, "group", "Remove a group; its members stay");
  add_membership_command(tree, groups, "join", "Make an account a member");
  add_membership_command(tree, groups, "leave", "End a membership");
}

}  // namespace ferryman
