#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/text.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"
#include "realm/service_keys.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Account;
using directory::AccountKind;
using directory::LongTermKey;
using directory::Principal;

// How new keys are asked for, by krbtgt and services alike.
struct Rotation {
  std::vector<std::int32_t> etypes;
  std::int64_t tickets_until = 0;  // the last that any ticket under the present keys, or former ones, is good
  bool forget_former = false;
};

// The versions of keys in the order of their first key.
std::vector<std::uint32_t> versions_of(const std::vector<LongTermKey>& keys) {
  std::vector<std::uint32_t> versions;
  for (const LongTermKey& key : keys)
    if (versions.empty() || versions.back() != key.kvno) versions.push_back(key.kvno);
  return versions;
}

// Those behind the present one.
admin::Outcome<std::vector<std::uint32_t>> former_versions(const Call& call, const Account& account) {
  const auto kept = call.directory.kept_keys(call.tenant.id, account.id);
  if (!kept)
    return failed(fmt::format("The keys of {} cannot be read", printable(account.name)), kept.error());
  std::vector<std::uint32_t> versions = versions_of(*kept);
  if (!versions.empty()) versions.erase(versions.begin());
  return versions;
}

// A version goes when there are too many. Where one that tickets may be of would go, that has to be said.
admin::Outcome<void> check_nothing_is_lost(const Call& call, const Account& account,
                                           const Rotation& rotation) {
  if (rotation.forget_former || rotation.tickets_until <= call.now) return {};
  const auto former = former_versions(call, account);
  if (!former) return tl::unexpected(former.error());
  if (former->size() < directory::former_versions) return {};
  return invalid(
      fmt::format("{} keeps the keys of {} versions: kvno {} would go, and tickets of it may be in use until "
                  "{:%Y-%m-%dT%H:%M:%SZ}. Rotate after that, or with --forget-former, which ends them.",
                  printable(account.name), directory::former_versions + 1, former->back(),
                  fmt::gmtime(static_cast<std::time_t>(rotation.tickets_until))));
}

admin::Outcome<void> rotate(const Call& call, const Account& account, const Rotation& rotation) {
  if (auto checked = check_nothing_is_lost(call, account, rotation); !checked) return checked;
  directory::KeyChange change;
  change.now = call.now;
  change.forget_former = rotation.forget_former;
  const auto given =
      call.directory.set_keys(call.tenant.id, account.id, random_keys(rotation.etypes), change);
  if (!given) return failed(fmt::format("{} gets no new keys", printable(account.name)), given.error());
  return {};
}

admin::Outcome<Account> krbtgt_of(const Call& call) {
  const std::vector<std::string_view> name{"krbtgt", call.tenant.realm};
  auto krbtgt = call.directory.find_service(call.tenant.id, name);
  if (!krbtgt) return failed("krbtgt cannot be read", krbtgt.error());
  return (*krbtgt)->account;
}

// Those of its present keys that the realm allows still.
admin::Outcome<std::vector<std::int32_t>> etypes_of(const Call& call, const Principal& service) {
  std::vector<std::int32_t> etypes;
  for (const LongTermKey& key : service.keys) {
    const auto& allowed = call.policy.etypes;
    if (std::find(allowed.begin(), allowed.end(), key.etype) != allowed.end()) etypes.push_back(key.etype);
  }
  if (etypes.empty()) return service_etypes(call.policy, std::nullopt);
  return etypes;
}

}  // namespace

admin::Reply rotate_krbtgt(Call& call) {
  const bool forget_former = call.arguments.maybe_flag("forget_former").value_or(false);
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto krbtgt = krbtgt_of(call);
  if (!krbtgt) return tl::unexpected(krbtgt.error());
  call.object = krbtgt->name;
  auto etypes = service_etypes(call.policy, std::nullopt);
  if (!etypes) return tl::unexpected(std::move(etypes.error()));
  const std::int64_t longest = std::max(call.policy.lifetime.ticket, call.policy.lifetime.renewable);
  const Rotation rotation{*std::move(etypes),
                          krbtgt->password_changed.value_or(0) + longest + call.policy.max_skew,
                          forget_former};
  if (auto done = rotate(call, *krbtgt, rotation); !done) return tl::unexpected(std::move(done.error()));
  const auto now = krbtgt_of(call);
  if (!now) return tl::unexpected(now.error());
  const auto former = former_versions(call, *now);
  if (!former) return tl::unexpected(former.error());
  return Json{{"name", now->name}, {"kvno", now->kvno}, {"former", *former}};
}

admin::Reply rotate_service(Call& call) {
  const bool forget_former = call.arguments.maybe_flag("forget_former").value_or(false);
  const auto account = named_account(call, AccountKind::service);
  if (!account) return tl::unexpected(account.error());
  const auto service = call.directory.principal(call.tenant.id, account->id);
  if (!service)
    return failed(fmt::format("The service {} cannot be read", printable(account->name)), service.error());
  auto etypes = etypes_of(call, *service);
  if (!etypes) return tl::unexpected(std::move(etypes.error()));
  const Rotation rotation{*std::move(etypes), service_tickets_until(call.policy, *account), forget_former};
  if (auto done = rotate(call, *account, rotation); !done) return tl::unexpected(std::move(done.error()));
  const auto now = call.directory.principal(call.tenant.id, account->id);
  if (!now)
    return failed(fmt::format("The service {} cannot be read", printable(account->name)), now.error());
  const auto former = former_versions(call, now->account);
  if (!former) return tl::unexpected(former.error());
  Json json = service_json(call, *now);
  json["former"] = *former;
  json["former_until"] = former->empty() ? Json() : Json(service_tickets_until(call.policy, now->account));
  return json;
}

}  // namespace ferryman::realm
