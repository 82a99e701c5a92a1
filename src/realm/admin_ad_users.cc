#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/fold.h"
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
  std::string upn, display_name;  // empty: none
};

// What has come of it.
struct Result {
  std::string_view outcome;
  std::int64_t event_id = event_id::none;
};
using Done = admin::Outcome<Result>;

// A domain vouches for the SIDs that it has given: its own, and a number behind it.
bool is_of(const directory::AdLink& link, std::string_view sid) {
  if (!sid.starts_with(link.domain_sid + "-")) return false;
  const std::string_view number = sid.substr(link.domain_sid.size() + 1);
  return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
}

admin::Outcome<Synced> synced_of(const directory::AdLink& link, const Json& object) {
  Arguments arguments("ad.upsert", object);
  Synced synced;
  synced.there.domain = link.domain;
  synced.there.sid = arguments.text("sid");
  synced.there.name = arguments.text("name");
  synced.there.disabled = arguments.maybe_flag("disabled").value_or(false);
  synced.upn = arguments.maybe_text("upn").value_or("");
  synced.display_name = arguments.maybe_text("display_name").value_or("");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!is_of(link, synced.there.sid))
    return invalid(fmt::format("ad.upsert: {} is no SID of {}, whose own is {}.", printable(synced.there.sid),
                               link.domain, link.domain_sid));
  return synced;
}

tl::unexpected<admin::Failure> cannot(std::string_view name, const directory::Failure& failure) {
  return failed(fmt::format("The user {} of the domain cannot be taken over", printable(name)), failure);
}

// One that is there, and is the domain's user by her UPN: as an administrator of both has named her.
admin::Outcome<std::optional<Account>> find_by_upn(Call& call, const Synced& synced) {
  if (synced.upn.empty()) return std::nullopt;
  auto found = call.directory.find_account(call.tenant.id, synced.upn);
  if (!found && found.error().reason == Reason::not_found) return std::nullopt;
  if (!found) return cannot(synced.there.name, found.error());
  if (found->kind != directory::AccountKind::user) return std::nullopt;
  const auto other = call.records.on_premises(call.tenant.id, found->id);
  if (other)
    return tl::unexpected(admin::Failure{
        std::string(directory::name(Reason::already_exists)),
        fmt::format("The UPN {} is that of {} of {} already, whose SID there is {}.", printable(synced.upn),
                    printable(other->name), other->domain, other->sid)});
  if (other.error().reason != Reason::not_found) return cannot(synced.there.name, other.error());
  return std::optional(*std::move(found));
}

Done add(Call& call, const Synced& synced) {
  directory::WholeAccount wanted;
  wanted.account.name = synced.there.name;
  if (!synced.upn.empty()) wanted.account.upns.push_back(synced.upn);
  wanted.account.settings.display_name = synced.display_name;
  wanted.account.settings.flags.disabled = synced.there.disabled;
  wanted.on_premises = synced.there;
  wanted.on_premises->given_name = synced.there.name;
  wanted.on_premises->given_upn = synced.upn;
  wanted.on_premises->gave_disabled = synced.there.disabled;
  const auto made = call.directory.create_account(call.tenant.id, wanted, call.now);
  if (!made) return cannot(synced.there.name, made.error());
  return Result{"added", event_id::user_created};
}

// What has changed there of one who is here. Each step is noted when it is done: where one fails, those
// before it stay and the next sync does the rest. Whether she is let in comes first, so that no conflict of
// names keeps somebody in whom the domain has disabled.
class Update {
 public:
  // now: who she is there, with what she has from there so far.
  Update(Call& call, const Account& account, OnPremisesUser noted, OnPremisesUser now)
      : call_(call), account_(account), noted_(std::move(noted)), now_(std::move(now)) {
    now_.user = account.id;
  }

  admin::Outcome<void> disable_or_enable() {
    const bool disabled = account_.settings.flags.disabled;
    const bool enables = disabled && now_.gave_disabled && !now_.disabled;
    if (!disabled && now_.disabled) now_.gave_disabled = true;
    if (auto done = note(); !done) return done;
    if (now_.disabled != disabled && (now_.disabled || enables)) {
      const bool wanted = now_.disabled;
      auto done =
          change([wanted](directory::AccountSettings& settings) { settings.flags.disabled = wanted; });
      if (!done) return done;
    }
    now_.gave_disabled = now_.gave_disabled && now_.disabled;
    return note();
  }

  admin::Outcome<void> show_as(const std::string& display_name) {
    if (display_name.empty() || display_name == account_.settings.display_name) return {};
    return change([&](directory::AccountSettings& settings) { settings.display_name = display_name; });
  }

  // The name and the UPN that the domain gave her give way to others from there; what an administrator gave
  // her stays.
  admin::Outcome<void> rename() {
    if (now_.given_name.empty() || now_.given_name == now_.name || now_.given_name != account_.name)
      return {};
    const auto done = call_.directory.rename_account(call_.tenant.id, account_.id, now_.name);
    if (!done) return cannot(now_.name, done.error());
    now_.given_name = now_.name;
    return note();
  }

  admin::Outcome<void> change_upn(const std::string& wanted) {
    const std::string former = std::exchange(now_.given_upn, wanted);
    if (equal_folded(former, wanted)) return note();
    if (has_upn(wanted)) {
      now_.given_upn.clear();
    } else if (!wanted.empty()) {
      if (const auto done = call_.directory.add_upn(call_.tenant.id, account_.id, wanted); !done)
        return cannot(now_.name, done.error());
    }
    if (auto noted = note(); !noted) return noted;
    if (has_upn(former)) {
      if (const auto done = call_.directory.remove_upn(call_.tenant.id, account_.id, former); !done)
        return cannot(now_.name, done.error());
    }
    return {};
  }

  bool changed() const { return changed_; }

 private:
  admin::Outcome<void> note() {
    if (now_ == noted_) return {};
    if (const auto done = call_.records.set_on_premises(call_.tenant.id, now_); !done)
      return cannot(now_.name, done.error());
    noted_ = now_;
    changed_ = true;
    return {};
  }

  admin::Outcome<void> change(const directory::Directory::SettingsChange& settings) {
    if (const auto done = call_.directory.change_account(call_.tenant.id, account_.id, settings); !done)
      return cannot(now_.name, done.error());
    changed_ = true;
    return {};
  }

  bool has_upn(const std::string& upn) const {
    return !upn.empty() && std::any_of(account_.upns.begin(), account_.upns.end(),
                                       [&](const std::string& each) { return equal_folded(each, upn); });
  }

  static bool equal_folded(const std::string& a, const std::string& b) { return folded(a) == folded(b); }

  Call& call_;
  const Account& account_;
  OnPremisesUser noted_, now_;
  bool changed_ = false;
};

// before: what was known of her.
Done update(Call& call, const Synced& synced, const Account& account, const OnPremisesUser& before) {
  OnPremisesUser now = synced.there;
  now.given_name = before.given_name;
  now.given_upn = before.given_upn;
  now.gave_disabled = before.gave_disabled;
  Update update(call, account, before, std::move(now));
  auto done = update.disable_or_enable();
  if (done) done = update.show_as(synced.display_name);
  if (done) done = update.rename();
  if (done) done = update.change_upn(synced.upn);
  if (!done) return tl::unexpected(std::move(done.error()));
  if (!update.changed()) return Result{"same"};
  return Result{before.sid.empty() ? "matched" : "changed", event_id::user_changed};
}

Done upsert(Call& call, const Synced& synced) {
  const auto before = call.records.find_on_premises(call.tenant.id, synced.there.sid);
  if (before) {
    const auto account = call.directory.account(call.tenant.id, before->user);
    if (!account) return cannot(synced.there.name, account.error());
    return update(call, synced, *account, *before);
  }
  if (before.error().reason != Reason::not_found) return cannot(synced.there.name, before.error());
  const auto same = find_by_upn(call, synced);
  if (!same) return tl::unexpected(same.error());
  return *same ? update(call, synced, **same, {}) : add(call, synced);
}

// She has disappeared there: what she has here stays, but does not let her in.
Done disable(Call& call, const directory::AdLink& link, std::string_view sid) {
  if (!is_of(link, sid)) return Result{"absent"};
  const auto before = call.records.find_on_premises(call.tenant.id, sid);
  if (!before && before.error().reason == Reason::not_found) return Result{"absent"};
  if (!before) return failed("A user of the domain cannot be read", before.error());
  const auto account = call.directory.account(call.tenant.id, before->user);
  if (!account) return cannot(before->name, account.error());
  OnPremisesUser now = *before;
  now.disabled = true;
  Update update(call, *account, *before, std::move(now));
  if (auto done = update.disable_or_enable(); !done) return tl::unexpected(std::move(done.error()));
  return update.changed() ? Result{"disabled", event_id::disabled} : Result{"same"};
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
  const std::string_view domain = arguments.text("domain");
  const Json* users = arguments.objects("users");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (users->size() > max_users)
    return invalid(fmt::format("ad.upsert: at most {} users at a time.", max_users));
  const auto link = find_ad_link(call, domain);
  if (!link) return tl::unexpected(link.error());
  call.object = link->domain;
  call.events.emplace();
  Json outcomes = Json::array();
  for (const Json& each : *users) {
    const auto synced = synced_of(*link, each);
    const Done done = synced ? upsert(call, *synced) : Done(tl::unexpected(synced.error()));
    outcomes.push_back(json_of(call, synced ? synced->there.name : "", done));
  }
  return Json{{"outcomes", std::move(outcomes)}};
}

admin::Reply disable_ad_users(Call& call) {
  Arguments& arguments = call.arguments;
  const std::string_view domain = arguments.text("domain");
  const auto sids = arguments.maybe_texts("sids");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!sids || sids->size() > max_users)
    return invalid(fmt::format("ad.disable: at most {} SIDs at a time.", max_users));
  const auto link = find_ad_link(call, domain);
  if (!link) return tl::unexpected(link.error());
  call.object = link->domain;
  call.events.emplace();
  Json outcomes = Json::array();
  for (const std::string& sid : *sids) outcomes.push_back(json_of(call, sid, disable(call, *link, sid)));
  return Json{{"outcomes", std::move(outcomes)}};
}

admin::Reply list_ad_users(Call& call) {
  const std::string_view domain = call.arguments.text("domain");
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto link = find_ad_link(call, domain);
  if (!link) return tl::unexpected(link.error());
  const auto page = call.records.on_premises_users(call.tenant.id, link->domain, request);
  if (!page) return failed("The users of the domain cannot be read", page.error());
  return page_json("users", *page, [](const OnPremisesUser& user) {
    return Json{{"sid", user.sid}, {"name", user.name}, {"disabled", user.disabled}};
  });
}

}  // namespace ferryman::realm
