#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "realm/admin_commands.h"
#include "realm/imported_account.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::LongTermKey;
using directory::Reason;
using directory::WholeAccount;

// Others wait for the database while they are made.
constexpr std::size_t max_accounts = 256;

// One of the list, and what has come of it.
struct Asked {
  std::string name;
  bool is_user;
  std::optional<WholeAccount> account;
  Json outcome{};
};

std::int64_t created(const Asked& asked) {
  return asked.is_user ? event_id::user_created : event_id::computer_created;
}

void refuse(Call& call, Asked& asked, std::int64_t id, const admin::Failure& failure) {
  call.events->push_back({id, asked.name, failure});
  asked.outcome = {{"outcome", "refused"}, {"reason", failure.reason}, {"text", failure.text}};
}

void refuse(Call& call, Asked& asked, std::int64_t id, const directory::Failure& failure) {
  refuse(call, asked, id,
         admin::Failure{std::string(directory::name(failure.reason)),
                        fmt::format("{} cannot be imported: {}.", printable(asked.name), failure.text)});
}

// One that is not understood is refused here.
std::vector<Asked> asked_of(Call& call, const Json& list) {
  std::vector<Asked> all;
  all.reserve(list.size());
  for (const Json& each : list) {
    const auto text = [&each](const char* member) {
      const auto found = each.find(member);
      return found != each.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    all.push_back({text("name"), text("kind") == "user", std::nullopt});
    auto account = imported_account(call.policy, each);
    if (account) {
      all.back().account = *std::move(account);
    } else {
      refuse(call, all.back(), created(all.back()), account.error());
    }
  }
  return all;
}

// What stands in its own way, imported before.
std::optional<directory::Account> itself(Call& call, const directory::NewAccount& wanted) {
  auto there = call.directory.find_account(call.tenant.id, wanted.name);
  if (there && there->kind == wanted.kind && there->name == wanted.name) return *std::move(there);
  return std::nullopt;
}

// An SPN that would be two services', which a KDC tells by an id of its own.
bool is_duplicate_spn(const Asked& asked, const directory::Failure& failure) {
  return failure.reason == Reason::already_exists && !asked.is_user &&
         asked.name.find('/') != std::string::npos;
}

// To one that has no keys, as it had at a first import that left them behind: the present ones.
directory::Outcome<void> give_keys(Call& call, const directory::Account& there,
                                   const WholeAccount& imported) {
  const directory::AccountSettings& wanted = imported.account.settings;
  auto set = call.directory.change_account(call.tenant.id, there.id,
                                           [&wanted](directory::AccountSettings& settings) {
                                             settings.flags.rc4 |= wanted.flags.rc4;
                                             settings.supported_enctypes = wanted.supported_enctypes;
                                           });
  if (!set) return set;
  directory::KeyChange change;
  change.now = imported.password_changed.value_or(call.now);
  change.password_expires = imported.password_expires;
  change.must_change = wanted.flags.must_change;
  change.kvno = newest_kvno(imported);
  std::vector<LongTermKey> present;
  for (const LongTermKey& key : imported.keys)
    if (key.kvno == *change.kvno)
      present.push_back({key.etype, key.kvno, key.salt, key.s2kparams, key.key.copy()});
  if (const auto given = call.directory.set_keys(call.tenant.id, there.id, present, change); !given)
    return tl::unexpected(given.error());
  return {};
}

void is_there(Call& call, Asked& asked, const directory::Account& there, directory::Import how) {
  asked.outcome = {{"outcome", "present"}};
  if (there.kvno != 0 || asked.account->keys.empty()) return;
  const std::int64_t id = asked.is_user ? event_id::password_reset : event_id::computer_changed;
  if (how == directory::Import::for_good)
    if (const auto given = give_keys(call, there, *asked.account); !given)
      return refuse(call, asked, id, given.error());
  call.events->push_back({id, asked.name});
  asked.outcome = {{"outcome", "given_keys"}};
}

void settle(Call& call, Asked& asked, const directory::Outcome<void>& made, directory::Import how) {
  if (made) {
    call.events->push_back({created(asked), asked.name});
    asked.outcome = {{"outcome", "added"}};
    return;
  }
  if (made.error().reason == Reason::already_exists)
    if (const auto there = itself(call, asked.account->account)) return is_there(call, asked, *there, how);
  const bool duplicate = is_duplicate_spn(asked, made.error());
  refuse(call, asked, duplicate ? event_id::duplicate_name : created(asked), made.error());
}

// Those that are understood.
admin::Outcome<void> make(Call& call, std::vector<Asked>& all, directory::Import how) {
  std::vector<WholeAccount> accounts;
  for (Asked& each : all)
    if (each.account) accounts.push_back(*std::move(each.account));
  const auto outcomes = call.directory.import_accounts(call.tenant.id, accounts, how, call.now);
  if (!outcomes) return failed("The accounts cannot be imported", outcomes.error());
  std::size_t at = 0;
  for (Asked& each : all) {
    if (!each.account) continue;
    each.account = std::move(accounts[at]);
    settle(call, each, (*outcomes)[at++], how);
  }
  return {};
}

admin::Outcome<void> check_realm(const Call& call, std::string_view realm) {
  if (realm == call.tenant.realm) return {};
  return invalid(
      fmt::format("The accounts are of the realm {0}, and the tenant {1} is of {2}: make a tenant of that "
                  "realm, \"ferryman realm tenant add NAME --realm {0}\", and import with --tenant NAME.",
                  printable(realm), call.tenant.settings.name, call.tenant.realm));
}

}  // namespace

admin::Reply import_accounts(Call& call) {
  Arguments& arguments = call.arguments;
  const std::string_view realm = arguments.text("realm");
  const auto how = arguments.maybe_flag("dry_run").value_or(false) ? directory::Import::dry_run
                                                                   : directory::Import::for_good;
  const bool rc4 = arguments.maybe_flag("rc4").value_or(false);
  const Json* list = arguments.objects("accounts");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (auto checked = check_realm(call, realm); !checked) return tl::unexpected(std::move(checked.error()));
  if (auto checked = rc4 ? check_rc4(call.policy) : admin::Outcome<void>(); !checked)
    return tl::unexpected(std::move(checked.error()));
  if (list->size() > max_accounts)
    return invalid(fmt::format("import.accounts takes at most {} accounts at a time.", max_accounts));
  call.events.emplace();
  std::vector<Asked> all = asked_of(call, *list);
  if (auto made = make(call, all, how); !made) {
    call.events.reset();
    return tl::unexpected(std::move(made.error()));
  }
  if (how == directory::Import::dry_run) call.events->clear();
  Json told = Json::array();
  for (Asked& each : all) told.push_back(std::move(each.outcome));
  return Json{{"outcomes", std::move(told)}};
}

}  // namespace ferryman::realm
