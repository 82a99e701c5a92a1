#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/endian.h"
#include "base/fold.h"
#include "base/text.h"
#include "crypto/key.h"
#include "crypto/openssl.h"
#include "directory/names.h"
#include "directory/store.h"
#include "kerberos/numbers.h"

namespace ferryman::directory::sql {
namespace {

// What others wait for while a tenant is removed, and how long they can change something then.
constexpr std::size_t removed_at_once = 256;
constexpr std::chrono::milliseconds longest_pause{100};

Outcome<Tenant> copy_of(const Outcome<Shared<Tenant>>& shared) {
  if (!shared) return tl::unexpected(shared.error());
  return **shared;
}

Outcome<void> check_settings(const TenantSettings& settings) {
  if (auto checked = check_tenant_name(settings.name); !checked) return checked;
  for (const std::string& each : settings.domains)
    if (auto checked = check_tenant_domain(each); !checked) return checked;
  for (const std::string& each : settings.top_level_names)
    if (auto checked = check_top_level_name(each); !checked) return checked;
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
    if (etype != kerberos::etype::rc4_hmac)
      keys.push_back({etype, 1, {}, {}, Secret(crypto::Key::random(etype).octets())});
  if (keys.empty()) return fail(Reason::invalid, "a tenant's own keys are of AES");
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

// What a tenant is removed by, one behind the other: accounts, and then the groups that are their primary
// ones.
struct Stage {
  const char* ids;
  std::uint8_t spared;  // of the kinds of objects
};
constexpr Stage stages[] = {
    {"SELECT id FROM accounts WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?", group_kind},
    {"SELECT id FROM objects WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?", 0}};

// How far the removal of a tenant is.
struct Removal {
  TenantId id{};
  std::size_t stage = 0;
  ObjectId last{};  // of the stage
  bool is_done() const { return stage == std::size(stages); }
};

// From what refers to others to what is referred to: by the cascade of objects each row would be looked for.
void remove_range(Connection& c, const Removal& removal, const ObjectId& last) {
  const auto& [id, stage, before] = removal;
  c.run("DELETE FROM prts WHERE tenant = ? AND account > ? AND account <= ?", id, before, last);
  c.run("DELETE FROM key_credentials WHERE tenant = ? AND account > ? AND account <= ?", id, before, last);
  c.run("DELETE FROM devices WHERE tenant = ? AND owner > ? AND owner <= ?", id, before, last);
  c.run("DELETE FROM enrolment_codes WHERE tenant = ? AND account > ? AND account <= ?", id, before, last);
  c.run("DELETE FROM user_handles WHERE tenant = ? AND account > ? AND account <= ?", id, before, last);
  c.run("DELETE FROM revocations WHERE tenant = ? AND account > ? AND account <= ?", id, before, last);
  c.run("DELETE FROM on_premises WHERE tenant = ? AND account > ? AND account <= ?", id, before, last);
  c.run("DELETE FROM delegations WHERE tenant = ? AND actor > ? AND actor <= ?", id, before, last);
  c.run("DELETE FROM members WHERE tenant = ? AND account > ? AND account <= ?", id, before, last);
  c.run("DELETE FROM former_passwords WHERE tenant = ? AND object > ? AND object <= ?", id, before, last);
  c.run("DELETE FROM keys WHERE tenant = ? AND object > ? AND object <= ?", id, before, last);
  c.run("DELETE FROM names WHERE tenant = ? AND object > ? AND object <= ?", id, before, last);
  c.run("DELETE FROM logons WHERE tenant = ? AND id > ? AND id <= ?", id, before, last);
  c.run("DELETE FROM accounts WHERE tenant = ? AND id > ? AND id <= ?", id, before, last);
  c.run("DELETE FROM objects WHERE tenant = ? AND id > ? AND id <= ? AND kind <> ?", id, before, last,
        stages[stage].spared);
}

// The next part of it. Nothing serves half of a tenant: it is disabled with the first.
Outcome<Removal> remove_part(Connection& c, Removal removal) {
  if (auto realm = realm_of(c, removal.id); !realm) return tl::unexpected(realm.error());
  c.run("UPDATE tenants SET disabled = ?1 WHERE id = ?2 AND disabled <> ?1", half_removed, removal.id);
  c.run("DELETE FROM rodcs WHERE tenant = ?", removal.id);  // with their keys and groups
  Statement rows = c.statement(stages[removal.stage].ids, removal.id, removal.last, removed_at_once);
  const auto ids = ids_of<ObjectId>(rows);
  if (!ids.empty()) remove_range(c, removal, ids.back());
  if (ids.size() == removed_at_once) {
    removal.last = ids.back();
  } else {
    ++removal.stage;
    removal.last = {};
  }
  if (removal.is_done()) {
    c.run("DELETE FROM sign_in_secrets WHERE tenant = ?", removal.id);
    c.run("DELETE FROM tenants WHERE id = ?", removal.id);  // with its names and links
  }
  return removal;
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
    const auto master = sealing_key(c, masters_);
    if (!master) return tl::unexpected(master.error());
    c.run(
        "INSERT INTO tenants (id, folded, name, realm, domain_sid, key_required, disabled, next_rid, "
        "created, attestation_required, offline_logon) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, key, settings.name, realm, sid, settings.key_required, settings.disabled, rid::first_allocated,
        now, settings.attestation_required, settings.offline_logon);
    auto done = write_names(c, id, settings);
    if (done) done = insert_own_group(c, id, "Domain Users", rid::domain_users);
    if (done) done = insert_own_group(c, id, "Domain Computers", rid::domain_computers);
    if (done)
      done = insert_own_account(c, **master, id, {AccountKind::krbtgt, "krbtgt/" + realm, rid::krbtgt},
                                etypes, now);
    const auto next = allocate_rid(c, id);
    if (!next) return tl::unexpected(next.error());
    if (done)
      done = insert_own_account(c, **master, id, {AccountKind::password_change, "kadmin/changepw", *next},
                                etypes, now);
    if (!done) return tl::unexpected(done.error());
    return load_tenant(c, id);
  });
}

Outcome<Tenant> Store::tenant(const TenantId& id) {
  return copy_of(
      read_or_keep(&Kept::tenants, Guid(id).text(), [&](Connection& c) { return load_tenant(c, id); }));
}

Outcome<Tenant> Store::find_tenant(std::string_view name) {
  if (const auto guid = guid_of_text(name)) return tenant(TenantId{*guid});
  if (name.find('\0') != name.npos) return fail(Reason::not_found);
  const std::string key = folded(name).value_or("");
  return copy_of(read_or_keep(&Kept::tenants, key, [&](Connection& c) -> Outcome<Tenant> {
    Statement row = c.statement("SELECT tenant FROM tenant_names WHERE folded = ?", key);
    if (!row.step()) return fail(Reason::not_found);
    return load_tenant(c, row.id<TenantId>(0));
  }));
}

Outcome<void> Store::set_tenant(const TenantId& id, const TenantSettings& settings) {
  if (auto checked = check_settings(settings); !checked) return checked;
  const std::string key = folded(settings.name).value_or("");
  return write([&](Connection& c) -> Outcome<void> {
    if (auto realm = realm_of(c, id); !realm) return tl::unexpected(realm.error());
    c.run(
        "UPDATE tenants SET key_required = ?, attestation_required = ?, offline_logon = ?, disabled = ? "
        "WHERE id = ? AND disabled <> ?",
        settings.key_required, settings.attestation_required, settings.offline_logon, settings.disabled, id,
        half_removed);
    if (c.changes() == 0)
      return fail(Reason::invalid, "part of it has been removed already: remove the rest");
    if (auto done = write_names(c, id, settings); !done) return done;
    c.run("UPDATE tenants SET folded = ?, name = ? WHERE id = ?", key, settings.name, id);
    return {};
  });
}

Outcome<void> Store::remove_tenant(const TenantId& id) {
  using Clock = std::chrono::steady_clock;
  Outcome<Removal> removal(Removal{id});
  for (bool first = true; !removal->is_done(); first = false) {
    const auto begun = Clock::now();
    auto next = write([&removal](Connection& c) { return remove_part(c, *removal); });
    if (!next && first) return tl::unexpected(std::move(next.error()));
    if (!next && next.error().reason == Reason::not_found) return {};  // another has removed the rest
    if (!next)
      return fail(next.error().reason,
                  next.error().text + "; it is disabled, and part of it is gone: remove it again");
    removal.emplace(*next);
    // SQLite gives its lock to whoever asks at the right moment.
    std::this_thread::sleep_for(std::min<Clock::duration>((Clock::now() - begun) / 2, longest_pause));
  }
  return {};
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

}  // namespace ferryman::directory::sql
