#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "realm/admin_arguments.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"

// Users of an on-premises domain, as it has them, into the directory.
namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Account;
using directory::OnPremisesUser;
using directory::Reason;

// Others wait for the database while they are written.
constexpr std::size_t max_users = 256;

// What the domain says of one.
struct Synced {
  OnPremisesUser there;
  std::string display_name;
};

// What has come of it.
struct Result {
  std::string_view outcome;
  std::int64_t event_id = event_id::none;
};
using Done = admin::Outcome<Result>;

admin::Outcome<Synced> synced_of(std::string_view domain, const Json& object) {
  Arguments arguments("ad.upsert", object);
  Synced synced;
  synced.there.domain = domain;
  synced.there.sid = arguments.text("sid");
  synced.there.name = arguments.text("name");
  synced.there.upn = arguments.maybe_text("upn").value_or("");
  synced.there.disabled = arguments.maybe_flag("disabled").value_or(false);
  synced.display_name = arguments.maybe_text("display_name").value_or("");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  return synced;
}

tl::unexpected<admin::Failure> cannot(const Synced& synced, const directory::Failure& failure) {
  return failed(fmt::format("The user {} of the domain cannot be taken over", printable(synced.there.name)),
                failure);
}

// One that is there, and is the domain's user by her UPN: as an administrator of both has named her.
admin::Outcome<std::optional<Account>> find_by_upn(Call& call, const Synced& synced) {
  if (synced.there.upn.empty()) return std::nullopt;
  auto found = call.directory.find_account(call.tenant.id, synced.there.upn);
  if (!found && found.error().reason == Reason::not_found) return std::nullopt;
  if (!found) return cannot(synced, found.error());
  if (found->kind != directory::AccountKind::user) return std::nullopt;
  const auto other = call.records.on_premises(call.tenant.id, found->id);
  if (other)
    return tl::unexpected(admin::Failure{
        std::string(directory::name(Reason::already_exists)),
        fmt::format("The UPN {} is that of {} of {} already, whose SID there is {}.",
                    printable(synced.there.upn), printable(other->name), other->domain, other->sid)});
  if (other.error().reason != Reason::not_found) return cannot(synced, other.error());
  return std::optional(*std::move(found));
}

// Who she is there is written last: what fails before is done again by the next one.
admin::Outcome<void> note(Call& call, const Synced& synced, const directory::ObjectId& user) {
  OnPremisesUser there = synced.there;
  there.user = user;
  if (const auto done = call.records.set_on_premises(call.tenant.id, there); !done)
    return cannot(synced, done.error());
  return {};
}

Done add(Call& call, const Synced& synced) {
  directory::WholeAccount wanted;
  wanted.account.name = synced.there.name;
  if (!synced.there.upn.empty()) wanted.account.upns.push_back(synced.there.upn);
  wanted.account.settings.display_name = synced.display_name;
  wanted.account.settings.flags.disabled = synced.there.disabled;
  const auto made = call.directory.create_account(call.tenant.id, wanted, call.now);
  if (!made) return cannot(synced, made.error());
  if (auto noted = note(call, synced, made->id); !noted) return tl::unexpected(std::move(noted.error()));
  return Result{"added", event_id::user_created};
}

// The UPN that the domain gave her goes where it gives another one; what an administrator gave her stays.
admin::Outcome<bool> change_upn(Call& call, const Synced& synced, const Account& account,
                                const std::string& before) {
  const std::string& wanted = synced.there.upn;
  const auto has = [&account](const std::string& upn) {
    return std::find(account.upns.begin(), account.upns.end(), upn) != account.upns.end();
  };
  const directory::TenantId& tenant = call.tenant.id;
  bool changed = false;
  if (!before.empty() && before != wanted && has(before)) {
    if (const auto done = call.directory.remove_upn(tenant, account.id, before); !done)
      return cannot(synced, done.error());
    changed = true;
  }
  if (!wanted.empty() && !has(wanted)) {
    if (const auto done = call.directory.add_upn(tenant, account.id, wanted); !done)
      return cannot(synced, done.error());
    changed = true;
  }
  return changed;
}

// Enabled again is only who was disabled from there.
admin::Outcome<bool> change_settings(Call& call, const Synced& synced, const Account& account,
                                     bool was_disabled) {
  const bool disables = synced.there.disabled && !account.settings.flags.disabled,
             enables = was_disabled && !synced.there.disabled && account.settings.flags.disabled,
             renames = !synced.display_name.empty() && synced.display_name != account.settings.display_name;
  if (!disables && !enables && !renames) return false;
  const auto done =
      call.directory.change_account(call.tenant.id, account.id, [&](directory::AccountSettings& settings) {
        if (disables || enables) settings.flags.disabled = disables;
        if (renames) settings.display_name = synced.display_name;
      });
  if (!done) return cannot(synced, done.error());
  return true;
}

// before: what was known of her.
Done update(Call& call, const Synced& synced, const Account& account, const OnPremisesUser& before) {
  bool changed = before.sid != synced.there.sid || before.domain != synced.there.domain ||
                 before.name != synced.there.name || before.disabled != synced.there.disabled ||
                 before.upn != synced.there.upn;
  if (before.name != synced.there.name && account.name == before.name) {
    const auto done = call.directory.rename_account(call.tenant.id, account.id, synced.there.name);
    if (!done) return cannot(synced, done.error());
  }
  const auto upn = change_upn(call, synced, account, before.upn);
  if (!upn) return tl::unexpected(upn.error());
  const auto settings = change_settings(call, synced, account, before.disabled);
  if (!settings) return tl::unexpected(settings.error());
  changed = changed || *upn || *settings;
  if (!changed) return Result{"same"};
  if (auto noted = note(call, synced, account.id); !noted) return tl::unexpected(std::move(noted.error()));
  return Result{before.sid.empty() ? "matched" : "changed", event_id::user_changed};
}

Done upsert(Call& call, const Synced& synced) {
  const auto before = call.records.find_on_premises(call.tenant.id, synced.there.sid);
  if (before) {
    const auto account = call.directory.account(call.tenant.id, before->user);
    if (!account) return cannot(synced, account.error());
    return update(call, synced, *account, *before);
  }
  if (before.error().reason != Reason::not_found) return cannot(synced, before.error());
  const auto same = find_by_upn(call, synced);
  if (!same) return tl::unexpected(same.error());
  return *same ? update(call, synced, **same, {}) : add(call, synced);
}

// She has disappeared there: what she has here stays, but does not let her in.
Done disable(Call& call, std::string_view sid) {
  const auto before = call.records.find_on_premises(call.tenant.id, sid);
  if (!before && before.error().reason == Reason::not_found) return Result{"absent"};
  if (!before) return failed("A user of the domain cannot be read", before.error());
  Synced synced{*before, {}};
  synced.there.disabled = true;
  const auto account = call.directory.account(call.tenant.id, before->user);
  if (!account) return cannot(synced, account.error());
  if (before->disabled && account->settings.flags.disabled) return Result{"same"};
  const auto done = change_settings(call, synced, *account, before->disabled);
  if (!done) return tl::unexpected(done.error());
  if (auto noted = note(call, synced, account->id); !noted) return tl::unexpected(std::move(noted.error()));
  return Result{"disabled", event_id::disabled};
}

Json json_of(Call& call, const std::string& name, const Done& done) {
  if (!done) {
    call.events->push_back({event_id::user_changed, name, done.error()});
    return {{"outcome", "refused"}, {"reason", done.error().reason}, {"text", done.error().text}};
  }
  if (done->event_id != event_id::none) call.events->push_back({done->event_id, name});
  return {{"outcome", done->outcome}};
}

}  // namespace

admin::Reply upsert_ad_users(Call& call) {
  Arguments& arguments = call.arguments;
  const std::string domain(arguments.text("domain"));
  const Json* users = arguments.objects("users");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (users->size() > max_users)
    return invalid(fmt::format("ad.upsert: at most {} users at a time.", max_users));
  call.object = domain;
  call.events.emplace();
  Json outcomes = Json::array();
  for (const Json& each : *users) {
    const auto synced = synced_of(domain, each);
    const Done done = synced ? upsert(call, *synced) : Done(tl::unexpected(synced.error()));
    outcomes.push_back(json_of(call, synced ? synced->there.name : "", done));
  }
  return Json{{"outcomes", std::move(outcomes)}};
}

admin::Reply disable_ad_users(Call& call) {
  Arguments& arguments = call.arguments;
  call.object = arguments.text("domain");
  const auto sids = arguments.maybe_texts("sids");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!sids || sids->size() > max_users)
    return invalid(fmt::format("ad.disable: at most {} SIDs at a time.", max_users));
  call.events.emplace();
  Json outcomes = Json::array();
  for (const std::string& sid : *sids) outcomes.push_back(json_of(call, sid, disable(call, sid)));
  return Json{{"outcomes", std::move(outcomes)}};
}

admin::Reply list_ad_users(Call& call) {
  const std::string_view domain = call.arguments.text("domain");
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto page = call.records.on_premises_users(call.tenant.id, domain, request);
  if (!page) return failed("The users of the domain cannot be read", page.error());
  return page_json("users", *page, [](const OnPremisesUser& user) {
    return Json{{"sid", user.sid}, {"name", user.name}, {"upn", user.upn}, {"disabled", user.disabled}};
  });
}

}  // namespace ferryman::realm
