#include <algorithm>

#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

// What a row of these columns says: id, account, device, key_credential, created, expires, strong_until,
// disabled, gesture.
constexpr const char* one_prt =
    "SELECT p.id, p.account, p.device, p.key_credential, p.created, p.expires, p.strong_until, d.disabled, "
    "p.gesture "
    "FROM prts p JOIN devices d ON d.tenant = p.tenant AND d.id = p.device "
    "WHERE p.tenant = ? AND p.id = ?";
constexpr const char* prts_of_account =
    "SELECT p.id, p.account, p.device, p.key_credential, p.created, p.expires, p.strong_until, d.disabled, "
    "p.gesture "
    "FROM prts p JOIN devices d ON d.tenant = p.tenant AND d.id = p.device "
    "WHERE p.tenant = ? AND p.account = ? ORDER BY p.id";

Prt prt_of(const Statement& row) {
  Prt prt;
  prt.id = row.id<PrtId>(0);
  prt.user = row.id<ObjectId>(1);
  prt.device = row.id<DeviceId>(2);
  if (const Bytes key = row.blob(3); key.size() == KeyId().size()) {
    prt.key.emplace();
    std::copy(key.begin(), key.end(), prt.key->begin());
  }
  prt.created = row.integer(4);
  prt.expires = row.integer(5);
  prt.strong_until = row.integer(6);
  prt.device_disabled = row.integer(7) != 0;
  prt.gesture = static_cast<Gesture>(row.integer(8));
  return prt;
}

Outcome<Prt> load_prt(Connection& c, const TenantId& tenant, const PrtId& id) {
  Statement row = c.statement(one_prt, tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  return prt_of(row);
}

// What a PRT is of must be there still: it may be revoked at the same time.
Outcome<void> check_owners(Connection& c, const TenantId& tenant, const Prt& prt) {
  if (const auto user = load_account(c, tenant, prt.user); !user) return tl::unexpected(user.error());
  Statement device = c.statement("SELECT 1 FROM devices WHERE tenant = ? AND id = ?", tenant, prt.device);
  if (!device.step()) return fail(Reason::not_found);
  if (!prt.key) return {};
  Statement key = c.statement("SELECT 1 FROM key_credentials WHERE tenant = ? AND id = ?", tenant, *prt.key);
  if (!key.step()) return fail(Reason::not_found);
  return {};
}

// Whether it is the first time: the very same request may come again.
Outcome<bool> use(Connection& c, std::span<const NonceUse> nonces) {
  bool is_first = nonces.empty();
  for (const NonceUse& each : nonces) {
    c.run("INSERT INTO used_nonces (nonce, request, expires) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
          each.nonce, each.request, each.expires);
    is_first = is_first || c.changes() > 0;
    Statement row = c.statement("SELECT request FROM used_nonces WHERE nonce = ?", each.nonce);
    if (!row.step()) continue;  // which has failed
    if (const Bytes by = row.blob(0);
        !std::equal(by.begin(), by.end(), each.request.begin(), each.request.end()))
      return fail(Reason::already_exists, "the nonce was used before");
  }
  return is_first;
}

void note_use(Connection& c, const TenantId& tenant, const Prt& prt, std::int64_t now) {
  c.run("UPDATE devices SET last_used = ? WHERE tenant = ? AND id = ?", now, tenant, prt.device);
  if (prt.key)
    c.run("UPDATE key_credentials SET last_used = ? WHERE tenant = ? AND id = ?", now, tenant, *prt.key);
}

}  // namespace

// Of who signs out, and of codes that are good once: for good.
Outcome<void> Store::use_nonces(std::span<const NonceUse> nonces) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto used = use(c, nonces); !used) return tl::unexpected(used.error());
    return {};
  });
}

Outcome<void> Store::use_key(const TenantId& tenant, const KeyId& id, std::uint32_t sign_count,
                             std::int64_t now, std::span<const NonceUse> nonces) {
  return write_unsynced([&](Connection& c) -> Outcome<void> {
    const auto used = use(c, nonces);
    if (!used) return tl::unexpected(used.error());
    if (!*used) return {};
    Statement row = c.statement(
        "UPDATE key_credentials SET sign_count = ?1, last_used = ?2 WHERE tenant = ?3 AND id = ?4 "
        "AND (sign_count < ?1 OR (sign_count = 0 AND ?1 = 0)) RETURNING id",
        sign_count, now, tenant, id);
    const bool counted = row.step();
    while (counted && row.step()) {
    }
    if (counted) return {};
    Statement present = c.statement("SELECT 1 FROM key_credentials WHERE tenant = ? AND id = ?", tenant, id);
    if (!present.step()) return fail(Reason::not_found);
    return fail(Reason::invalid, "the key's counter has not gone on: there may be a copy of it");
  });
}

Outcome<bool> Store::is_used(const Digest& nonce) {
  return read([&](Connection& c) -> Outcome<bool> {
    Statement row = c.statement("SELECT 1 FROM used_nonces WHERE nonce = ?", nonce);
    return row.step();
  });
}

Outcome<void> Store::add_prt(const TenantId& tenant, const Prt& prt, std::span<const NonceUse> nonces) {
  return write_unsynced([&](Connection& c) -> Outcome<void> {
    if (const auto used = use(c, nonces); !used) return tl::unexpected(used.error());
    if (auto there = check_owners(c, tenant, prt); !there) return there;
    note_use(c, tenant, prt, prt.created);  // which has others that add to this device wait
    // An engine wants octets always: none stand for NULL.
    const Bytes key = prt.key ? Bytes(*prt.key) : Bytes();
    c.run(
        "INSERT INTO prts (tenant, id, account, device, key_credential, created, expires, strong_until, "
        "gesture, number) "
        "VALUES (?1, ?2, ?3, ?4, CASE WHEN length(?5) = 0 THEN NULL ELSE ?5 END, ?6, ?7, ?8, ?9, "
        "(SELECT coalesce(max(number), 0) + 1 FROM prts WHERE tenant = ?1 AND device = ?4))",
        tenant, prt.id, prt.user, prt.device, key, prt.created, prt.expires, prt.strong_until, prt.gesture);
    c.run(
        "DELETE FROM prts WHERE tenant = ?1 AND device = ?2 AND id IN (SELECT id FROM prts "
        "WHERE tenant = ?1 AND device = ?2 ORDER BY number DESC, created DESC, id LIMIT 1000 OFFSET ?3)",
        tenant, prt.device, max_prts_of_device);
    return {};
  });
}

Outcome<void> Store::renew_prt(const TenantId& tenant, const PrtId& id, std::int64_t expires,
                               std::int64_t now, std::span<const NonceUse> nonces) {
  return write_unsynced([&](Connection& c) -> Outcome<void> {
    if (const auto used = use(c, nonces); !used) return tl::unexpected(used.error());
    const auto present = load_prt(c, tenant, id);
    if (!present) return tl::unexpected(present.error());
    c.run("UPDATE prts SET expires = ? WHERE tenant = ? AND id = ?", expires, tenant, id);
    note_use(c, tenant, *present, now);
    return {};
  });
}

Outcome<Prt> Store::prt(const TenantId& tenant, const PrtId& id) {
  return read([&](Connection& c) { return load_prt(c, tenant, id); });
}

Outcome<void> Store::check_prt(const TenantId& tenant, const ObjectId& user, const PrtId& prt) {
  return read([&](Connection& c) -> Outcome<void> {
    const auto present = load_prt(c, tenant, prt);
    if (!present) return tl::unexpected(present.error());
    if (present->user != user || present->device_disabled) return fail(Reason::not_found);
    return {};
  });
}

Outcome<std::vector<Prt>> Store::prts_of(const TenantId& tenant, const ObjectId& user) {
  return read([&](Connection& c) -> Outcome<std::vector<Prt>> {
    Statement row = c.statement(prts_of_account, tenant, user);
    std::vector<Prt> prts;
    while (row.step()) prts.push_back(prt_of(row));
    return prts;
  });
}

Outcome<void> Store::remove_prt(const TenantId& tenant, const PrtId& id) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto present = load_prt(c, tenant, id); !present) return tl::unexpected(present.error());
    c.run("DELETE FROM prts WHERE tenant = ? AND id = ?", tenant, id);
    return {};
  });
}

Outcome<void> Store::remove_prts_of(const TenantId& tenant, const ObjectId& user) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto account = load_account(c, tenant, user); !account) return tl::unexpected(account.error());
    c.run("DELETE FROM prts WHERE tenant = ? AND account = ?", tenant, user);
    c.run("INSERT INTO revocations (tenant, account, count) VALUES (?, ?, 0) ON CONFLICT DO NOTHING", tenant,
          user);
    c.run("UPDATE revocations SET count = count + 1 WHERE tenant = ? AND account = ?", tenant, user);
    return {};
  });
}

Outcome<std::int64_t> Store::revocations(const TenantId& tenant, const ObjectId& user) {
  return read([&](Connection& c) -> Outcome<std::int64_t> {
    Statement row =
        c.statement("SELECT count FROM revocations WHERE tenant = ? AND account = ?", tenant, user);
    return row.step() ? row.integer(0) : 0;
  });
}

Outcome<void> Store::forget_expired(std::int64_t now) {
  return write([&](Connection& c) -> Outcome<void> {
    c.run("DELETE FROM used_nonces WHERE expires < ?", now);
    c.run("DELETE FROM enrolment_codes WHERE expires < ?", now);
    c.run("DELETE FROM prts WHERE expires < ?", now);
    c.run("DELETE FROM device_codes WHERE expires < ?", now);
    return {};
  });
}

}  // namespace ferryman::directory::sql
