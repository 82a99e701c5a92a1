#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Account;
using directory::Group;
using directory::Reason;

admin::Outcome<Group> named_group(Call& call) {
  const std::string_view name = call.arguments.text("name");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  return find_group(call, name);
}

// Of any kind: computers are members, too.
struct Membership {
  Group group;
  Account account;
};
admin::Outcome<Membership> membership(Call& call) {
  const std::string_view group_name = call.arguments.text("group"),
                         account_name = call.arguments.text("account");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  auto group = find_group(call, group_name);
  if (!group) return tl::unexpected(group.error());
  auto account = call.directory.find_account(call.tenant.id, account_name);
  if (!account) {
    if (account.error().reason == Reason::not_found) return none_such(call, "account", account_name);
    return failed(fmt::format("{} cannot be read", printable(account_name)), account.error());
  }
  const bool may_join =
      account->kind == directory::AccountKind::user || account->kind == directory::AccountKind::service;
  if (!may_join) return none_such(call, "user or service", account_name);
  return Membership{*std::move(group), *std::move(account)};
}

}  // namespace

admin::Reply add_group(Call& call) {
  Arguments& arguments = call.arguments;
  directory::NewGroup wanted;
  wanted.name = arguments.text("name");
  if (const auto gid =
          arguments.maybe_number("gid", directory::min_set_posix_id, directory::max_set_posix_id))
    wanted.gid = static_cast<std::uint32_t>(*gid);
  wanted.key_required = arguments.maybe_flag("key_required").value_or(false);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto group = call.directory.create_group(call.tenant.id, wanted);
  if (!group)
    return failed(fmt::format("The group {} cannot be added", printable(wanted.name)), group.error());
  return group_json(call, *group);
}

admin::Reply list_groups(Call& call) {
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto page = call.directory.groups(call.tenant.id, request);
  if (!page) return failed("The groups cannot be read", page.error());
  return page_json("groups", *page, [&](const Group& group) { return group_json(call, group); });
}

admin::Reply show_group(Call& call) {
  const directory::PageRequest request = call.arguments.page();
  const auto group = named_group(call);
  if (!group) return tl::unexpected(group.error());
  const auto page = call.directory.members(call.tenant.id, group->id, request);
  if (!page)
    return failed(fmt::format("The members of {} cannot be read", printable(group->name)), page.error());
  Json json = group_json(call, *group);
  json.update(page_json("members", *page, [](const Account& member) { return member.name; }));
  return json;
}

admin::Reply set_group(Call& call) {
  const bool key_required = call.arguments.flag("key_required");
  auto group = named_group(call);
  if (!group) return tl::unexpected(group.error());
  if (const auto done = call.directory.require_key(call.tenant.id, group->id, key_required); !done)
    return failed(fmt::format("The group {} cannot be changed", printable(group->name)), done.error());
  group->key_required = key_required;
  return group_json(call, *group);
}

admin::Reply remove_group(Call& call) {
  const auto group = named_group(call);
  if (!group) return tl::unexpected(group.error());
  if (const auto done = call.directory.remove_group(call.tenant.id, group->id); !done)
    return failed(fmt::format("The group {} cannot be removed", printable(group->name)), done.error());
  return Json{{"name", group->name}};
}

admin::Reply join_group(Call& call) {
  const auto both = membership(call);
  if (!both) return tl::unexpected(both.error());
  const auto& [group, account] = *both;
  if (const auto done = call.directory.join_group(call.tenant.id, group.id, account.id); !done) {
    return failed(fmt::format("{} cannot join {}", printable(account.name), printable(group.name)),
                  done.error());
  }
  return Json::object();
}

admin::Reply leave_group(Call& call) {
  const auto both = membership(call);
  if (!both) return tl::unexpected(both.error());
  const auto& [group, account] = *both;
  const auto done = call.directory.leave_group(call.tenant.id, group.id, account.id);
  if (done) return Json::object();
  if (done.error().reason == Reason::not_found)
    return tl::unexpected(admin::Failure{
        std::string(directory::name(Reason::not_found)),
        fmt::format("{} is no member of {}.", printable(account.name), printable(group.name))});
  return failed(fmt::format("{} cannot leave {}", printable(account.name), printable(group.name)),
                done.error());
}

}  // namespace ferryman::realm
