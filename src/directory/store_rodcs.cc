#include <fmt/format.h>

#include <charconv>

#include "crypto/key.h"
#include "directory/store.h"
#include "kerberos/numbers.h"

namespace ferryman::directory::sql {
namespace {

SealedPlace place_of(const TenantId& tenant, std::uint32_t kvno, std::int32_t etype) {
  return {Sealed::rodc, ObjectId{tenant}, kvno, etype};
}

Outcome<void> check_key(const LongTermKey& key) {
  if (key.etype == kerberos::etype::rc4_hmac || !crypto::Key::make(key.etype, key.key.bytes()))
    return fail(Reason::invalid, "a read-only domain controller has a key of AES");
  return {};
}

std::vector<Group> load_groups(Connection& c, const TenantId& tenant, std::uint16_t number, bool denied) {
  Statement row = c.statement(
      "SELECT o.id, o.name, o.rid, o.posix_id, o.key_required FROM rodc_groups r "
      "JOIN objects o ON o.tenant = r.tenant AND o.id = r.group_id "
      "WHERE r.tenant = ? AND r.number = ? AND r.denied = ? ORDER BY o.folded",
      tenant, number, denied);
  std::vector<Group> groups;
  while (row.step())
    groups.push_back({row.id<ObjectId>(0), row.text(1), row.number(2), row.number(3), row.integer(4) != 0});
  return groups;
}

Outcome<Rodc> load_rodc(Connection& c, const TenantId& tenant, std::uint16_t number) {
  Rodc rodc;
  {
    Statement row = c.statement(
        "SELECT kvno, created, key_changed FROM rodcs WHERE tenant = ? AND number = ?", tenant, number);
    if (!row.step()) return fail(Reason::not_found);
    rodc = {number, row.number(0) & max_krbtgt_kvno, row.integer(1), row.integer(2)};
  }
  rodc.allowed = load_groups(c, tenant, number, false);
  rodc.denied = load_groups(c, tenant, number, true);
  return rodc;
}

Outcome<void> insert_key(Connection& c, const MasterKeys& masters, const TenantId& tenant, std::uint32_t kvno,
                         const LongTermKey& key) {
  const auto master = sealing_key(c, masters);
  if (!master) return tl::unexpected(master.error());
  const Octets sealed = (*master)->seal(place_of(tenant, kvno, key.etype), key.key.bytes());
  c.run("INSERT INTO rodc_keys (tenant, number, kvno, etype, sealed) VALUES (?, ?, ?, ?, ?)", tenant,
        kvno >> 16U, kvno, key.etype, sealed);
  return {};
}

Outcome<void> remove_groups(Connection& c, const TenantId& tenant, std::uint16_t number,
                            const std::vector<ObjectId>& groups, bool denied) {
  for (const ObjectId& group : groups) {
    c.run("DELETE FROM rodc_groups WHERE tenant = ? AND number = ? AND group_id = ? AND denied = ?", tenant,
          number, group, denied);
    if (c.changes() == 0)
      return fail(Reason::not_found, fmt::format("the group was not {}", denied ? "denied" : "allowed"));
  }
  return {};
}

Outcome<void> insert_groups(Connection& c, const TenantId& tenant, std::uint16_t number,
                            const std::vector<ObjectId>& groups, bool denied) {
  for (const ObjectId& group : groups) {
    if (auto found = load_group(c, tenant, group); !found) return tl::unexpected(std::move(found.error()));
    c.run(
        "INSERT INTO rodc_groups (tenant, number, group_id, denied) VALUES (?, ?, ?, ?) ON CONFLICT DO "
        "NOTHING",
        tenant, number, group, denied);
  }
  return {};
}

Outcome<void> change_groups(Connection& c, const TenantId& tenant, std::uint16_t number,
                            const RodcGroups& groups) {
  auto done = remove_groups(c, tenant, number, groups.remove_allow, false);
  if (done) done = remove_groups(c, tenant, number, groups.remove_deny, true);
  if (done) done = insert_groups(c, tenant, number, groups.allow, false);
  if (done) done = insert_groups(c, tenant, number, groups.deny, true);
  return done;
}

}  // namespace

Outcome<LongTermKey> Store::rodc_key(const TenantId& tenant, std::uint16_t number, std::uint32_t version) {
  return read([&](Connection& c) -> Outcome<LongTermKey> {
    const std::uint32_t kvno = Rodc{number}.kvno_of(version & max_krbtgt_kvno);
    Statement row =
        c.statement("SELECT etype, sealed FROM rodc_keys WHERE tenant = ? AND number = ? AND kvno = ?",
                    tenant, number, kvno);
    if (version > max_krbtgt_kvno || !row.step()) return fail(Reason::not_found);
    LongTermKey key;
    key.kvno = kvno;
    key.etype = static_cast<std::int32_t>(row.integer(0));
    auto opened = masters_.open(place_of(tenant, kvno, key.etype), row.blob(1));
    if (!opened) return tl::unexpected(std::move(opened.error()));
    key.key = *std::move(opened);
    return key;
  });
}

Outcome<Rodc> Store::rodc(const TenantId& tenant, std::uint16_t number) {
  return read([&](Connection& c) { return load_rodc(c, tenant, number); });
}

Outcome<Rodc> Store::add_rodc(const TenantId& tenant, std::uint16_t number, const LongTermKey& key,
                              const RodcGroups& groups, std::int64_t now) {
  if (number < min_rodc)
    return fail(Reason::invalid, fmt::format("its number is one from {} to {}", min_rodc, max_rodc));
  if (auto checked = check_key(key); !checked) return tl::unexpected(std::move(checked.error()));
  const std::uint32_t kvno = Rodc{number}.kvno_of(first_kvno);
  return write([&](Connection& c) -> Outcome<Rodc> {
    if (auto realm = realm_of(c, tenant); !realm) return tl::unexpected(realm.error());
    if (load_rodc(c, tenant, number))
      return fail(Reason::already_exists, "there is a read-only domain controller of this number already");
    c.run("INSERT INTO rodcs (tenant, number, kvno, created, key_changed) VALUES (?, ?, ?, ?, ?)", tenant,
          number, kvno, now, now);
    auto done = insert_key(c, masters_, tenant, kvno, key);
    if (done) done = change_groups(c, tenant, number, groups);
    if (!done) return tl::unexpected(std::move(done.error()));
    return load_rodc(c, tenant, number);
  });
}

Outcome<Page<Rodc>> Store::rodcs(const TenantId& tenant, const PageRequest& page) {
  std::uint16_t after = 0;
  std::from_chars(page.after.data(), page.after.data() + page.after.size(), after);
  return read([&](Connection& c) {
    std::vector<std::uint16_t> numbers;
    {
      Statement row =
          c.statement("SELECT number FROM rodcs WHERE tenant = ? AND number > ? ORDER BY number LIMIT ?",
                      tenant, after, rows_for(page));
      while (row.step()) numbers.push_back(static_cast<std::uint16_t>(row.integer(0)));
    }
    return page_of(
        numbers, page, [&](std::uint16_t number) { return load_rodc(c, tenant, number); },
        [](const Rodc& last) { return std::to_string(last.number); });
  });
}

Outcome<void> Store::change_rodc(const TenantId& tenant, std::uint16_t number, const RodcGroups& groups) {
  return write([&](Connection& c) -> Outcome<void> {
    if (auto found = load_rodc(c, tenant, number); !found) return tl::unexpected(std::move(found.error()));
    return change_groups(c, tenant, number, groups);
  });
}

Outcome<void> Store::set_rodc_key(const TenantId& tenant, std::uint16_t number, const LongTermKey& key,
                                  bool forget_former, std::int64_t now) {
  if (auto checked = check_key(key); !checked) return checked;
  return write([&](Connection& c) -> Outcome<void> {
    const auto rodc = load_rodc(c, tenant, number);
    if (!rodc) return tl::unexpected(rodc.error());
    if (rodc->version >= max_krbtgt_kvno)
      return fail(Reason::invalid, fmt::format("there is no key version beyond {}", max_krbtgt_kvno));
    const std::uint32_t kvno = rodc->kvno() + 1;
    if (auto done = insert_key(c, masters_, tenant, kvno, key); !done) return done;
    c.run("UPDATE rodcs SET kvno = ?, key_changed = ? WHERE tenant = ? AND number = ?", kvno, now, tenant,
          number);
    c.run("DELETE FROM rodc_keys WHERE tenant = ? AND number = ? AND kvno < ?", tenant, number,
          forget_former ? kvno : kvno - former_versions);
    return {};
  });
}

Outcome<void> Store::remove_rodc(const TenantId& tenant, std::uint16_t number) {
  return write([&](Connection& c) -> Outcome<void> {
    c.run("DELETE FROM rodcs WHERE tenant = ? AND number = ?", tenant, number);
    if (c.changes() == 0) return fail(Reason::not_found);
    return {};
  });
}

}  // namespace ferryman::directory::sql
