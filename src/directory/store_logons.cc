#include "directory/lockout.h"
#include "directory/sqlite_store.h"

namespace ferryman::directory::sqlite {
namespace {

constexpr std::size_t logons_at_once = 500;  // written in one transaction, during which failures wait

void write_logon(Connection& c, const TenantId& tenant, const ObjectId& id, std::int64_t timestamp,
                 std::int64_t at) {
  c.run(
      "UPDATE logons SET failures = 0 WHERE tenant = ? AND id = ? AND newest_timestamp < ? "
      "AND last_failure <= ? AND (locked_until IS NULL OR locked_until <= ?)",
      tenant, id, timestamp, at, at);
  c.run(
      "UPDATE logons SET newest_timestamp = max(newest_timestamp, ?), last_used = max(coalesce(last_used, "
      "0), ?) "
      "WHERE tenant = ? AND id = ?",
      timestamp, at, tenant, id);
}

Outcome<Lockout> count_failure(Connection& c, const TenantId& tenant, const ObjectId& id,
                               const LockoutPolicy& policy, std::int64_t now) {
  Statement row = c.statement(
      "SELECT failures, window_began, locked_until FROM logons WHERE tenant = ? AND id = ?", tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  const Lockout after = after_failure({row.number(0), row.integer(1), row.maybe(2)}, policy, now);
  c.run(
      "UPDATE logons SET failures = ?, window_began = ?, locked_until = ?, last_failure = ? "
      "WHERE tenant = ? AND id = ?",
      after.failures, after.window_began, after.locked_until, now, tenant, id);
  return after;
}

}  // namespace

Outcome<Lockout> Store::note_failure(const TenantId& tenant, const ObjectId& account,
                                     const LockoutPolicy& policy, std::int64_t now) {
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

}  // namespace ferryman::directory::sqlite
