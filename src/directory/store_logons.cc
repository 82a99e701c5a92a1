#include "directory/lockout.h"
#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

constexpr std::size_t logons_at_once = 500;  // written in one transaction, during which failures wait

void write_logon(Connection& c, const TenantId& tenant, const ObjectId& id, std::int64_t timestamp,
                 std::int64_t at) {
  c.run(
      "UPDATE logons SET failures = 0 WHERE tenant = ? AND id = ? AND newest_timestamp < ? "
      "AND last_failure <= ? AND (locked_until IS NULL OR locked_until <= ?)",
      tenant, id, timestamp, at, at);
  c.run(
      "UPDATE logons SET newest_timestamp = CASE WHEN newest_timestamp < ?1 THEN ?1 ELSE newest_timestamp "
      "END, "
      "last_used = CASE WHEN coalesce(last_used, 0) < ?2 THEN ?2 ELSE last_used END "
      "WHERE tenant = ?3 AND id = ?4",
      timestamp, at, tenant, id);
}

// The row as it is once nobody else counts in it any more.
Outcome<Lockout> locked_row(Connection& c, const TenantId& tenant, const ObjectId& id, std::int64_t now) {
  Statement row = c.statement(
      "UPDATE logons SET last_failure = ? WHERE tenant = ? AND id = ? "
      "RETURNING failures, window_began, locked_until",
      now, tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  const Lockout lockout{row.number(0), row.integer(1), row.maybe(2)};
  row.run();
  return lockout;
}

Outcome<CountedFailure> count_failure(Connection& c, const TenantId& tenant, const ObjectId& id,
                                      const LockoutPolicy& policy, std::int64_t now) {
  const auto before = locked_row(c, tenant, id, now);
  if (!before) return tl::unexpected(before.error());
  if (before->locked_until && now < *before->locked_until) return CountedFailure{*before, false};
  const Lockout after = after_failure(*before, policy, now);
  c.run("UPDATE logons SET failures = ?, window_began = ?, locked_until = ? WHERE tenant = ? AND id = ?",
        after.failures, after.window_began, after.locked_until, tenant, id);
  return CountedFailure{after, true};
}

}  // namespace

Outcome<CountedFailure> Store::note_failure(const TenantId& tenant, const ObjectId& account,
                                            const LockoutPolicy& policy, std::int64_t now) {
  // Who reads an older moment than the last keeps SQLite's log from being begun anew, and this would be
  // written behind it: it would grow with each failure, and be synced.
  end_moment();
  Logons::node_type logon;
  {
    const std::lock_guard lock(logons_mutex_);
    logon = logons_.extract({tenant, account});
  }
  auto outcome = count([&](Connection& c) {
    if (!logon.empty()) write_logon(c, tenant, account, logon.mapped().timestamp, logon.mapped().at);
    return count_failure(c, tenant, account, policy, now);
  });
  if (!outcome && !logon.empty()) note_success(tenant, account, logon.mapped().timestamp, logon.mapped().at);
  return outcome;
}

void Store::note_success(const TenantId& tenant, const ObjectId& account, std::int64_t timestamp,
                         std::int64_t now) {
  const std::lock_guard lock(logons_mutex_);
  Logon& logon = logons_.try_emplace({tenant, account}, Logon{timestamp, now}).first->second;
  if (timestamp <= logon.timestamp) return;  // the same proof, or an older one
  logon = {timestamp, now};
}

Outcome<void> Store::write_behind() {
  Logons logons;
  {
    const std::lock_guard lock(logons_mutex_);
    logons.swap(logons_);
  }
  while (!logons.empty()) {
    auto end = logons.begin();
    for (std::size_t i = 0; i < logons_at_once && end != logons.end(); ++i) ++end;
    auto written = count([&](Connection& c) -> Outcome<void> {
      for (auto each = logons.begin(); each != end; ++each)
        write_logon(c, each->first.first, each->first.second, each->second.timestamp, each->second.at);
      return {};
    });
    if (!written) {
      for (const auto& [who, logon] : logons) note_success(who.first, who.second, logon.timestamp, logon.at);
      return written;
    }
    logons.erase(logons.begin(), end);
  }
  return {};
}

}  // namespace ferryman::directory::sql
