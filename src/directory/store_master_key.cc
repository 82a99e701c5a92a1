#include <vector>

#include "directory/schema.h"
#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

constexpr std::int64_t rows_at_once = 500;  // that are in memory

// A sealed row, by its place and the columns that tell it from all others.
struct SealedRow {
  TenantId tenant{};
  SealedPlace place;
  std::int64_t position;
  Octets sealed{};
};

// All rows of a table, in the order of their keys. behind(row): a statement of those behind it, of which
// there are rows_at_once at most: tenant, object, kvno, position, etype, sealed. write(row, sealed).
template <typename Behind, typename Write>
Outcome<void> seal_anew(Sealed what, const MasterKeys& masters, const MasterKey& next, const Behind& behind,
                        const Write& write) {
  SealedRow last{{}, {what, {}, 0, 0}, -1, {}};
  while (true) {
    std::vector<SealedRow> rows;
    for (Statement row = behind(last); row.step();) {
      const Bytes sealed = row.blob(5);
      rows.push_back({row.id<TenantId>(0),
                      {what, row.id<ObjectId>(1), row.number(2), static_cast<std::int32_t>(row.integer(4))},
                      row.integer(3),
                      {sealed.begin(), sealed.end()}});
    }
    if (rows.empty()) return {};
    for (const SealedRow& row : rows) {
      const auto plain = masters.open(row.place, row.sealed);
      if (!plain) return tl::unexpected(plain.error());
      write(row, next.seal(row.place, plain->bytes()));
    }
    last = std::move(rows.back());
  }
}

Outcome<void> seal_keys(Connection& c, const MasterKeys& masters, const MasterKey& next) {
  return seal_anew(
      Sealed::key, masters, next,
      [&c](const SealedRow& last) {
        return c.statement(
            "SELECT tenant, object, kvno, position, etype, sealed FROM keys WHERE (tenant, object, kvno, "
            "position) > (?, ?, ?, ?) ORDER BY tenant, object, kvno, position LIMIT ?",
            last.tenant, last.place.object, last.place.kvno, last.position, rows_at_once);
      },
      [&c](const SealedRow& row, const Octets& sealed) {
        c.run("UPDATE keys SET sealed = ? WHERE tenant = ? AND object = ? AND kvno = ? AND position = ?",
              sealed, row.tenant, row.place.object, row.place.kvno, row.position);
      });
}

Outcome<void> seal_former_passwords(Connection& c, const MasterKeys& masters, const MasterKey& next) {
  return seal_anew(
      Sealed::former, masters, next,
      [&c](const SealedRow& last) {
        return c.statement(
            "SELECT tenant, object, kvno, 0, etype, sealed FROM former_passwords WHERE (tenant, object, "
            "kvno) > "
            "(?, ?, ?) ORDER BY tenant, object, kvno LIMIT ?",
            last.tenant, last.place.object, last.place.kvno, rows_at_once);
      },
      [&c](const SealedRow& row, const Octets& sealed) {
        c.run("UPDATE former_passwords SET sealed = ? WHERE tenant = ? AND object = ? AND kvno = ?", sealed,
              row.tenant, row.place.object, row.place.kvno);
      });
}

// Of which there are a few for each tenant. The place has no position, and the kind stands for a kvno.
Outcome<void> seal_sign_in_secrets(Connection& c, const MasterKeys& masters, const MasterKey& next) {
  return seal_anew(
      Sealed::sign_in, masters, next,
      [&c](const SealedRow& last) {
        return c.statement(
            "SELECT tenant, tenant, kind, 0, 0, sealed FROM sign_in_secrets WHERE (tenant, kind) > (?, ?) "
            "ORDER BY tenant, kind LIMIT ?",
            last.tenant, last.place.kvno, rows_at_once);
      },
      [&c](const SealedRow& row, const Octets& sealed) {
        c.run("UPDATE sign_in_secrets SET sealed = ? WHERE tenant = ? AND kind = ?", sealed, row.tenant,
              row.place.kvno);
      });
}

Outcome<void> seal_ad_links(Connection& c, const MasterKeys& masters, const MasterKey& next) {
  return seal_anew(
      Sealed::ad_link, masters, next,
      [&c](const SealedRow& last) {
        return c.statement(
            "SELECT tenant, id, number * 65536 + key_version, 0, etype, sealed FROM ad_links WHERE (tenant, "
            "id) "
            "> (?, ?) ORDER BY tenant, id LIMIT ?",
            last.tenant, last.place.object, rows_at_once);
      },
      [&c](const SealedRow& row, const Octets& sealed) {
        c.run("UPDATE ad_links SET sealed = ? WHERE tenant = ? AND id = ?", sealed, row.tenant,
              row.place.object);
      });
}

// The place has no position; the number is the kvno's upper half.
Outcome<void> seal_rodc_keys(Connection& c, const MasterKeys& masters, const MasterKey& next) {
  return seal_anew(
      Sealed::rodc, masters, next,
      [&c](const SealedRow& last) {
        return c.statement(
            "SELECT tenant, tenant, kvno, 0, etype, sealed FROM rodc_keys WHERE (tenant, number, kvno) > (?, "
            "?, ?) "
            "ORDER BY tenant, number, kvno LIMIT ?",
            last.tenant, last.place.kvno >> 16U, last.place.kvno, rows_at_once);
      },
      [&c](const SealedRow& row, const Octets& sealed) {
        c.run("UPDATE rodc_keys SET sealed = ? WHERE tenant = ? AND number = ? AND kvno = ?", sealed,
              row.tenant, row.place.kvno >> 16U, row.place.kvno);
      });
}

Outcome<void> seal_all(Connection& c, Engine& engine, const MasterKeys& masters, const MasterKey& next) {
  auto done = seal_keys(c, masters, next);
  if (done) done = seal_former_passwords(c, masters, next);
  if (done) done = seal_sign_in_secrets(c, masters, next);
  if (done) done = seal_ad_links(c, masters, next);
  if (done) done = seal_rodc_keys(c, masters, next);
  c.run("UPDATE master_keys SET id = ? WHERE one = 1", next.id());
  if (done && !c.failed()) done = engine.forget_former_rows(c);
  return done;
}

// Two keys may have the same id: whether it is this one that the database is under.
Outcome<void> open_any(Connection& c, const MasterKey& key) {
  Statement row = c.statement("SELECT object, kvno, etype, sealed FROM keys LIMIT 1");
  if (!row.step()) return {};
  const SealedPlace place{Sealed::key, row.id<ObjectId>(0), row.number(1),
                          static_cast<std::int32_t>(row.integer(2))};
  if (const auto opened = key.open(place, row.blob(3)); !opened) return tl::unexpected(opened.error());
  return {};
}

}  // namespace

Outcome<bool> Store::change_master_key(MasterKey next) {
  const std::uint32_t id = next.id();
  masters_.add(std::move(next));
  const auto key = masters_.find(id);
  auto changed = write([&](Connection& c) -> Outcome<bool> {
    if (noted_master_key(c) == id) return open_any(c, *key).map([] { return false; });
    return seal_all(c, *engine_, masters_, *key).map([] { return true; });
  });
  if (!changed) return changed;
  const auto emptied = with_connection([this](Connection& c) { return engine_->empty_log(c); });
  if (!emptied) return tl::unexpected(emptied.error());
  return changed;
}

}  // namespace ferryman::directory::sql
