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

directory::Failure key_is_required() {
  return {
      Reason::invalid,
      "no password passes where a key is required: take key_required back, of the user, of her groups and "
      "of the tenant, or enrol a key"};
}

// As kpasswd does it. The user is there, and may have no keys yet.
admin::Outcome<void> set_password(Call& call, const Account& user, std::string_view password,
                                  bool must_change) {
  const std::string what = fmt::format("The password of {} cannot be set", printable(user.name));
  const auto principal = call.directory.principal(call.tenant.id, user.id);
  if (!principal) return failed(what, principal.error());
  if (principal->key_required) return failed(what, key_is_required());
  const auto changed = account::change_password(call.directory, call.tenant, call.policy, *principal,
                                                as_bytes(password), call.now, must_change);
  if (changed) return {};
  if (const auto* weakness = std::get_if<account::Weakness>(&changed.error()))
    return weak(call.policy.password, *weakness);
  return failed(what, std::get<directory::Failure>(changed.error()));
}

std::string cannot_add(const directory::NewAccount& wanted) {
  return fmt::format("The user {} cannot be added", printable(wanted.name));
}

// All but what only shows when it is done.
admin::Reply try_to_create(Call& call, const directory::WholeAccount& wanted,
                           std::optional<std::string_view> password) {
  if (password) {
    const auto strong = account::check_strength(call.policy.password, call.tenant,
                                                account::to_be(wanted.account), as_bytes(*password));
    if (!strong) return weak(call.policy.password, strong.error());
  }
  const auto outcomes =
      call.directory.import_accounts(call.tenant.id, {&wanted, 1}, directory::Import::dry_run, call.now);
  if (!outcomes) return failed(cannot_add(wanted.account), outcomes.error());
  if (!outcomes->front()) return failed(cannot_add(wanted.account), outcomes->front().error());
  return Json{{"name", wanted.account.name}};
}

admin::Reply create(Call& call, directory::WholeAccount wanted, std::optional<std::string_view> password) {
  if (password) {
    // Keys take long to make: not for an account that cannot be made, such as one that is there.
    if (auto tried = try_to_create(call, wanted, password); !tried) return tried;
    const auto given =
        account::give_first_password(call.policy, call.tenant, wanted, as_bytes(*password), call.now);
    if (!given) return weak(call.policy.password, given.error());
  }
  const auto user = call.directory.create_account(call.tenant.id, wanted, call.now);
  if (!user) return failed(cannot_add(wanted.account), user.error());
  return user_json(call, *user);
}

bool requires_key(const Call& call, const AccountSettings& settings,
                  const std::vector<directory::Group>& groups) {
  return settings.flags.key_required || call.tenant.settings.key_required ||
         std::any_of(groups.begin(), groups.end(), [](const auto& group) { return group.key_required; });
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

admin::Outcome<void> forget_on_premises(Call& call, const Account& user) {
  const auto done = call.records.forget_on_premises(call.tenant.id, user.id);
  if (done) note(call, event_id::user_changed);
  if (done) return {};
  if (done.error().reason == Reason::not_found)
    return tl::unexpected(
        admin::Failure{std::string(directory::name(Reason::not_found)),
                       fmt::format("{} is of no on-premises domain.", printable(user.name))});
  return failed(fmt::format("{} cannot be changed", printable(user.name)), done.error());
}

// As change_settings(), with what the arguments say.
admin::Outcome<std::int64_t> change_user_settings(Call& call, const Account& user) {
  if (call.arguments.maybe_flag("disabled"))
    if (auto kept = keep_own_state(call, user); !kept) return tl::unexpected(std::move(kept.error()));
  return change_settings(call, user,
                         [&](AccountSettings& settings) { take_user_settings(call.arguments, settings); });
}

}  // namespace

admin::Reply add_user(Call& call) {
  Arguments& arguments = call.arguments;
  directory::WholeAccount wanted;
  directory::NewAccount& account = wanted.account;
  account.name = arguments.text("name");
  account.upns = arguments.maybe_texts("upns").value_or(std::vector<std::string>());
  take_user_settings(arguments, account.settings);
  const auto password = arguments.maybe_text("password");
  const auto names = arguments.maybe_texts("groups");
  const bool dry_run = arguments.maybe_flag("dry_run").value_or(false);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (dry_run) call.events.emplace();
  const auto groups = groups_of(call, names.value_or(std::vector<std::string>()));
  if (!groups) return tl::unexpected(groups.error());
  for (const directory::Group& group : *groups) wanted.groups.push_back(group.id);
  if (password && requires_key(call, account.settings, *groups))
    return failed(cannot_add(account), key_is_required());
  return dry_run ? try_to_create(call, wanted, password) : create(call, std::move(wanted), password);
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
  json["on_premises"] = nullptr;
  if (const auto there = call.records.on_premises(call.tenant.id, user->id))
    json["on_premises"] = {{"domain", there->domain}, {"name", there->name}, {"sid", there->sid}};
  return json;
}

admin::Reply set_user(Call& call) {
  Arguments& arguments = call.arguments;
  const std::string_view name = arguments.text("name");
  const auto new_name = arguments.maybe_text("new_name");
  const NameChanges upns = name_changes(arguments, "add_upns", "remove_upns");
  AccountSettings ignored;
  const bool has_settings = take_user_settings(arguments, ignored);
  const bool forgets = arguments.maybe_flag("forget_on_premises").value_or(false);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!new_name && !upns.any() && !has_settings && !forgets)
    return invalid("user.set: say what is to be set.");
  const auto user = find_account(call, AccountKind::user, name);
  if (!user) return tl::unexpected(user.error());
  if (auto checked = check_names(upns, &directory::check_upn); !checked)
    return tl::unexpected(std::move(checked.error()));
  if (new_name) {
    if (const auto done = call.directory.rename_account(call.tenant.id, user->id, *new_name); !done)
      return failed(fmt::format("{} cannot be renamed", printable(user->name)), done.error());
    note(call, event_id::renamed);
  }
  auto changed =
      change_names(call, user->id, upns, &directory::Directory::add_upn, &directory::Directory::remove_upn);
  if (!changed) return tl::unexpected(std::move(changed.error()));
  if (upns.any()) note(call, event_id::user_changed);
  if (forgets)
    if (auto done = forget_on_premises(call, *user); !done) return tl::unexpected(std::move(done.error()));
  const auto turned =
      has_settings ? change_user_settings(call, *user) : admin::Outcome<std::int64_t>(event_id::none);
  if (!turned) return tl::unexpected(turned.error());
  if (has_settings) note(call, event_id::user_changed);
  if (*turned != event_id::none) note(call, *turned);
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
