#include <fmt/format.h>

#include <map>

#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

// By version, the newest first.
using Versions = std::map<std::uint32_t, std::vector<LongTermKey>, std::greater<>>;

Versions versions_of(const std::vector<LongTermKey>& keys) {
  Versions versions;
  for (const LongTermKey& key : keys)
    versions[key.kvno].push_back({key.etype, key.kvno, key.salt, key.s2kparams, key.key.copy()});
  return versions;
}

Outcome<void> check_versions(const Versions& versions, bool rc4) {
  for (const auto& [kvno, keys] : versions) {
    if (kvno == 0 || kvno > max_kvno)
      return fail(Reason::invalid, fmt::format("{} is no version of keys", kvno));
    if (auto checked = check_keys(keys, rc4); !checked) return checked;
  }
  return {};
}

Outcome<void> insert(Connection& c, const MasterKey& master, const TenantId& tenant, const ObjectId& id,
                     const WholeAccount& whole, std::int64_t now) {
  const Versions versions = versions_of(whole.keys);
  if (auto checked = check_versions(versions, whole.account.settings.flags.rc4); !checked) return checked;
  auto done = insert_new_account(c, tenant, id, whole.account, now);
  for (const ObjectId& group : whole.groups)
    if (done) done = insert_member(c, tenant, group, id);
  if (done && whole.on_premises) {
    OnPremisesUser there = *whole.on_premises;
    there.user = id;
    done = write_on_premises(c, tenant, there);
  }
  if (!done || versions.empty()) return done;
  std::uint32_t kept = 0;
  for (const auto& [kvno, keys] : versions)
    if (done && kept++ <= former_versions) done = insert_keys(c, master, tenant, id, kvno, keys);
  c.run(
      "UPDATE accounts SET kvno = ?, password_changed = ?, password_expires = ? WHERE tenant = ? AND id = ?",
      versions.begin()->first, whole.password_changed, whole.password_expires, tenant, id);
  return done;
}

}  // namespace

Outcome<Account> Store::create_account(const TenantId& tenant, const WholeAccount& account,
                                       std::int64_t now) {
  const ObjectId id{random_guid()};
  return write([&](Connection& c) -> Outcome<Account> {
    const auto master = sealing_key(c, masters_);
    if (!master) return tl::unexpected(master.error());
    if (auto done = insert(c, **master, tenant, id, account, now); !done)
      return tl::unexpected(std::move(done.error()));
    return load_account(c, tenant, id);
  });
}

// A savepoint for each, so that one that fails leaves nothing; and one for all that a dry run goes back to.
Outcome<std::vector<Outcome<void>>> Store::import_accounts(const TenantId& tenant,
                                                           std::span<const WholeAccount> accounts, Import how,
                                                           std::int64_t now) {
  return write([&](Connection& c) -> Outcome<std::vector<Outcome<void>>> {
    const auto master = sealing_key(c, masters_);
    if (!master) return tl::unexpected(master.error());
    std::vector<Outcome<void>> outcomes;
    outcomes.reserve(accounts.size());
    c.run("SAVEPOINT before_all");
    for (const WholeAccount& each : accounts) {
      c.run("SAVEPOINT before_one");
      outcomes.push_back(insert(c, **master, tenant, ObjectId{random_guid()}, each, now));
      if (!outcomes.back()) c.run("ROLLBACK TO before_one");
      c.run("RELEASE before_one");
    }
    if (how == Import::dry_run) c.run("ROLLBACK TO before_all");
    c.run("RELEASE before_all");
    return outcomes;
  });
}

}  // namespace ferryman::directory::sql
