#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "account/password.h"
#include "base/text.h"
#include "directory/names.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"
#include "realm/admin_settings.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Account;
using directory::AccountKind;
using directory::AccountSettings;
using directory::Reason;

tl::unexpected<admin::Failure> weak(const account::PasswordPolicy& policy, account::Weakness weakness) {
  return tl::unexpected(admin::Failure{
      std::string(admin::reason::weak_password),
      fmt::format(
          "{} One here has at least {} characters, no name of its user, {} bits of strength as zxcvbn "
          "counts them, and is none of the user's last {} passwords.",
          weakness.text, policy.min_length, policy.min_strength, policy.history + 1)});
}

// As kpasswd does it. The user is there, and may have no keys yet.
admin::Outcome<void> set_password(Call& call, const Account& user, std::string_view password,
                                  bool must_change) {
  const std::string what = fmt::format("The password of {} cannot be set", printable(user.name));
  const auto principal = call.directory.principal(call.tenant.id, user.id);
  if (!principal) return failed(what, principal.error());
  if (principal->key_required) {
    return failed(what, {Reason::invalid,
                         "no password passes where a key is required: take key_required back, of the user, "
                         "of her groups and of the tenant, or enrol a key"});
  }
  const auto changed = account::change_password(call.directory, call.tenant, call.policy, *principal,
                                                as_bytes(password), call.now, must_change);
  if (changed) return {};
  if (const auto* weakness = std::get_if<account::Weakness>(&changed.error()))
    return weak(call.policy.password, *weakness);
  return failed(what, std::get<directory::Failure>(changed.error()));
}

// What user.add is to make.
struct NewUser {
  directory::NewAccount account;
  std::optional<std::string_view> password;
  std::vector<directory::Group> groups;
};

admin::Outcome<void> check_password(const Call& call, const NewUser& wanted) {
  if (!wanted.password) return {};
  Account user;
  user.name = wanted.account.name;
  user.upns = wanted.account.upns;
  user.settings = wanted.account.settings;
  const auto strong =
      account::check_strength(call.policy.password, call.tenant, user, as_bytes(*wanted.password));
  if (!strong) return weak(call.policy.password, strong.error());
  return {};
}

admin::Outcome<void> complete(Call& call, const Account& user, const NewUser& wanted) {
  for (const directory::Group& group : wanted.groups)
    if (const auto done = call.directory.join_group(call.tenant.id, group.id, user.id); !done)
      return failed(fmt::format("{} cannot join {}", printable(user.name), printable(group.name)),
                    done.error());
  if (!wanted.password) return {};
  return set_password(call, user, *wanted.password, wanted.account.settings.flags.must_change);
}

std::string cannot_add(const NewUser& wanted) {
  return fmt::format("The user {} cannot be added", printable(wanted.account.name));
}

admin::Outcome<Account> create(Call& call, const NewUser& wanted) {
  if (auto checked = check_password(call, wanted); !checked)
    return tl::unexpected(std::move(checked.error()));
  auto user = call.directory.create_account(call.tenant.id, wanted.account, call.now);
  if (!user) return failed(cannot_add(wanted), user.error());
  if (auto done = complete(call, *user, wanted); !done) {
    (void)call.directory.remove_account(call.tenant.id, user->id);
    return tl::unexpected(std::move(done.error()));
  }
  return *std::move(user);
}

// All but what only shows when it is done.
admin::Reply try_to_create(Call& call, const NewUser& wanted) {
  call.events.emplace();
  if (auto checked = check_password(call, wanted); !checked)
    return tl::unexpected(std::move(checked.error()));
  const directory::ImportedAccount imported{wanted.account};
  const auto outcomes =
      call.directory.import_accounts(call.tenant.id, {&imported, 1}, directory::Import::dry_run, call.now);
  if (!outcomes) return failed(cannot_add(wanted), outcomes.error());
  if (!outcomes->front()) return failed(cannot_add(wanted), outcomes->front().error());
  return Json{{"name", wanted.account.name}};
}

admin::Outcome<std::vector<directory::Group>> groups_of(Call& call, const std::vector<std::string>& names) {
  std::vector<directory::Group> groups;
  for (const std::string& name : names) {
    auto group = find_group(call, name);
    if (!group) return tl::unexpected(std::move(group.error()));
    groups.push_back(*std::move(group));
  }
  call.object.clear();
  return groups;
}

// Names of all groups whose RIDs these are.
directory::Outcome<std::vector<std::string>> group_names(const Call& call, std::vector<std::uint32_t> rids) {
  std::vector<std::string> names;
  directory::PageRequest request{.limit = directory::max_page};
  do {
    const auto page = call.directory.groups(call.tenant.id, request);
    if (!page) return tl::unexpected(page.error());
    for (const directory::Group& group : page->items)
      if (std::find(rids.begin(), rids.end(), group.rid) != rids.end()) names.push_back(group.name);
    request.after = page->next;
  } while (!request.after.empty() && names.size() < rids.size());
  return names;
}

}  // namespace

admin::Reply add_user(Call& call) {
  Arguments& arguments = call.arguments;
  NewUser wanted;
  wanted.account.name = arguments.text("name");
  wanted.account.upns = arguments.maybe_texts("upns").value_or(std::vector<std::string>());
  take_user_settings(arguments, wanted.account.settings);
  wanted.password = arguments.maybe_text("password");
  const auto group_names = arguments.maybe_texts("groups");
  const bool dry_run = arguments.maybe_flag("dry_run").value_or(false);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  auto groups = groups_of(call, group_names.value_or(std::vector<std::string>()));
  if (!groups) return tl::unexpected(std::move(groups.error()));
  wanted.groups = *std::move(groups);
  if (dry_run) return try_to_create(call, wanted);
  const auto user = create(call, wanted);
  if (!user) return tl::unexpected(user.error());
  return user_reply(call, user->id);
}

admin::Reply list_users(Call& call) {
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto page = call.directory.accounts(call.tenant.id, AccountKind::user, request);
  if (!page) return failed("The users cannot be read", page.error());
  return page_json("users", *page, [&](const Account& user) { return user_json(call, user); });
}

admin::Reply show_user(Call& call) {
  const auto user = named_account(call, AccountKind::user);
  if (!user) return tl::unexpected(user.error());
  auto principal = call.directory.principal(call.tenant.id, user->id);
  if (!principal)
    return failed(fmt::format("The user {} cannot be read", printable(user->name)), principal.error());
  principal->groups.push_back(principal->account.settings.primary_group);
  const auto groups = group_names(call, principal->groups);
  if (!groups)
    return failed(fmt::format("The groups of {} cannot be read", printable(user->name)), groups.error());
  Json json = user_json(call, principal->account);
  json["groups"] = *groups;
  return json;
}

admin::Reply set_user(Call& call) {
  Arguments& arguments = call.arguments;
  const std::string_view name = arguments.text("name");
  const auto new_name = arguments.maybe_text("new_name");
  const NameChanges upns = name_changes(arguments, "add_upns", "remove_upns");
  AccountSettings ignored;
  const bool has_settings = take_user_settings(arguments, ignored);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!new_name && !upns.any() && !has_settings) return invalid("user.set: say what is to be set.");
  const auto user = find_account(call, AccountKind::user, name);
  if (!user) return tl::unexpected(user.error());
  if (auto checked = check_names(upns, &directory::check_upn); !checked)
    return tl::unexpected(std::move(checked.error()));
  const directory::TenantId& tenant = call.tenant.id;
  if (new_name) {
    if (const auto done = call.directory.rename_account(tenant, user->id, *new_name); !done)
      return failed(fmt::format("{} cannot be renamed", printable(user->name)), done.error());
    call.event_ids.push_back(event_id::renamed);
  }
  auto changed =
      change_names(call, user->id, upns, &directory::Directory::add_upn, &directory::Directory::remove_upn);
  if (!changed) return tl::unexpected(std::move(changed.error()));
  std::int64_t turned = event_id::none;
  if (has_settings) {
    const auto done = change_settings(
        call, *user, [&](AccountSettings& settings) { take_user_settings(arguments, settings); });
    if (!done) return tl::unexpected(done.error());
    turned = *done;
  }
  if (upns.any() || has_settings) call.event_ids.push_back(event_id::user_changed);
  if (turned != event_id::none) call.event_ids.push_back(turned);
  return user_reply(call, user->id);
}

admin::Reply reset_password(Call& call) {
  Arguments& arguments = call.arguments;
  const std::string_view name = arguments.text("name"), password = arguments.text("password");
  const bool must_change = arguments.maybe_flag("must_change").value_or(false);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto user = find_account(call, AccountKind::user, name);
  if (!user) return tl::unexpected(user.error());
  if (auto done = set_password(call, *user, password, must_change); !done)
    return tl::unexpected(std::move(done.error()));
  return user_reply(call, user->id);
}

}  // namespace ferryman::realm
