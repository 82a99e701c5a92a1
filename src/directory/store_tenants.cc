#include <fmt/format.h>

#include "base/endian.h"
#include "base/fold.h"
#include "base/text.h"
#include "crypto/key.h"
#include "crypto/openssl.h"
#include "directory/names.h"
#include "directory/sqlite_store.h"

namespace ferryman::directory::sqlite {
namespace {

Outcome<void> check_settings(const TenantSettings& settings) {
  if (auto checked = check_tenant_name(settings.name); !checked) return checked;
  for (const auto* list : {&settings.domains, &settings.top_level_names})
    for (const std::string& each : *list)
      if (auto checked = check_domain(each); !checked) return checked;
  return {};
}

// S-1-5-21 and three random numbers ([MS-DTYP] 2.4.2.4).
std::string random_domain_sid() {
  std::array<std::uint8_t, 3 * sizeof(std::uint32_t)> octets{};
  crypto::openssl::random(octets);
  const Bytes bytes(octets);
  return fmt::format("S-1-5-21-{}-{}-{}", load_be<std::uint32_t>(bytes),
                     load_be<std::uint32_t>(bytes.subspan(4)), load_be<std::uint32_t>(bytes.subspan(8)));
}

Outcome<void> insert_tenant_name(Connection& c, const TenantId& id, std::int64_t position,
                                 const std::string& name) {
  const std::string key = folded(name).value_or("");
  Statement row = c.statement("SELECT 1 FROM tenant_names WHERE folded = ?", key);
  if (row.step())
    return fail(Reason::already_exists, fmt::format("\"{}\" is a name of a tenant already", printable(name)));
  c.run("INSERT INTO tenant_names (folded, tenant, position, spelled) VALUES (?, ?, ?, ?)", key, id, position,
        name);
  return {};
}

// In place of those that were there.
Outcome<void> write_names(Connection& c, const TenantId& id, const TenantSettings& settings) {
  c.run("DELETE FROM tenant_names WHERE tenant = ?", id);
  c.run("DELETE FROM top_level_names WHERE tenant = ?", id);
  if (auto done = insert_tenant_name(c, id, 0, settings.name); !done) return done;
  std::int64_t position = 0;
  for (const std::string& each : settings.domains)
    if (auto done = insert_tenant_name(c, id, ++position, each); !done) return done;
  position = 0;
  for (const std::string& each : settings.top_level_names)
    c.run("INSERT INTO top_level_names (tenant, position, name) VALUES (?, ?, ?)", id, position++, each);
  return {};
}

Outcome<void> insert_own_group(Connection& c, const TenantId& id, const char* name, std::uint32_t rid) {
  const ObjectId object{random_guid()};
  if (auto done = insert_object(c, id, {object, group_kind, name, rid, first_posix_id + rid, false}); !done)
    return done;
  return insert_name(c, id, {object, NameKind::name, name, false});
}

struct OwnAccount {
  AccountKind kind;
  std::string spn;
  std::uint32_t rid;
};

Outcome<void> insert_own_account(Connection& c, const MasterKey& master, const TenantId& id,
                                 const OwnAccount& own, std::span<const std::int32_t> etypes,
                                 std::int64_t now) {
  const ObjectId object{random_guid()};
  const auto kind = static_cast<std::uint8_t>(own.kind);
  if (auto done = insert_object(c, id, {object, kind, own.spn, own.rid, first_posix_id + own.rid, false});
      !done)
    return done;
  if (auto done = insert_account(c, id, object, {}, false, now); !done) return done;
  if (auto done = insert_name(c, id, {object, NameKind::spn, own.spn, false}); !done) return done;
  std::vector<LongTermKey> keys;
  for (const std::int32_t etype : etypes)
    keys.push_back({etype, 1, {}, {}, Secret(crypto::Key::random(etype).octets())});
  c.run("UPDATE accounts SET kvno = 1, password_changed = ? WHERE tenant = ? AND id = ?", now, id, object);
  return insert_keys(c, master, id, object, 1, keys);
}

Outcome<void> check_etypes(std::span<const std::int32_t> etypes) {
  if (etypes.empty()) return fail(Reason::invalid, "a tenant's own keys need an encryption type");
  for (const std::int32_t etype : etypes)
    if (crypto::find_etype(etype) == nullptr)
      return fail(Reason::invalid, fmt::format("encryption type {} is not served", etype));
  return {};
}

}  // namespace

Outcome<Tenant> Store::create_tenant(const TenantSettings& settings, const std::string& realm,
                                     std::span<const std::int32_t> etypes, std::int64_t now) {
  if (auto checked = check_settings(settings); !checked) return tl::unexpected(checked.error());
  if (auto checked = check_realm(realm); !checked) return tl::unexpected(checked.error());
  if (auto checked = check_etypes(etypes); !checked) return tl::unexpected(checked.error());
  const TenantId id{random_guid()};
  const std::string sid = random_domain_sid(), key = folded(settings.name).value_or("");
  return write([&](Connection& c) -> Outcome<Tenant> {
    c.run(
        "INSERT INTO tenants (id, folded, name, realm, domain_sid, key_required, disabled, next_rid, "
        "created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, key, settings.name, realm, sid, settings.key_required, settings.disabled, rid::first_allocated,
        now);
    auto done = write_names(c, id, settings);
    if (done) done = insert_own_group(c, id, "Domain Users", rid::domain_users);
    if (done) done = insert_own_group(c, id, "Domain Computers", rid::domain_computers);
    if (done)
      done = insert_own_account(c, master_, id, {AccountKind::krbtgt, "krbtgt/" + realm, rid::krbtgt}, etypes,
                                now);
    const auto next = allocate_rid(c, id);
    if (!next) return tl::unexpected(next.error());
    if (done)
      done = insert_own_account(c, master_, id, {AccountKind::password_change, "kadmin/changepw", *next},
                                etypes, now);
    if (!done) return tl::unexpected(done.error());
    return load_tenant(c, id);
  });
}

Outcome<Tenant> Store::tenant(const TenantId& id) {
  return read([&](Connection& c) { return load_tenant(c, id); });
}

Outcome<Tenant> Store::find_tenant(std::string_view name) {
  if (const auto guid = guid_of_text(name)) return tenant(TenantId{*guid});
  const std::string key = folded(name).value_or("");
  return read([&](Connection& c) -> Outcome<Tenant> {
    Statement row = c.statement("SELECT tenant FROM tenant_names WHERE folded = ?", key);
    if (!row.step()) return fail(Reason::not_found);
    return load_tenant(c, row.id<TenantId>(0));
  });
}

Outcome<void> Store::set_tenant(const TenantId& id, const TenantSettings& settings) {
  if (auto checked = check_settings(settings); !checked) return checked;
  const std::string key = folded(settings.name).value_or("");
  return write([&](Connection& c) -> Outcome<void> {
    if (auto realm = realm_of(c, id); !realm) return tl::unexpected(realm.error());
    if (auto done = write_names(c, id, settings); !done) return done;
    c.run("UPDATE tenants SET folded = ?, name = ?, key_required = ?, disabled = ? WHERE id = ?", key,
          settings.name, settings.key_required, settings.disabled, id);
    return {};
  });
}

Outcome<Page<Tenant>> Store::tenants(const PageRequest& page) {
  return read([&](Connection& c) {
    Statement rows = c.statement("SELECT id FROM tenants WHERE folded > ? ORDER BY folded LIMIT ?",
                                 page.after, rows_for(page));
    return page_of(
        ids_of<TenantId>(rows), page, [&](const TenantId& id) { return load_tenant(c, id); },
        [](const Tenant& last) { return folded(last.settings.name).value_or(""); });
  });
}

}  // namespace ferryman::directory::sqlite
