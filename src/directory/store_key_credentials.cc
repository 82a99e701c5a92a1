#include <algorithm>

#include "crypto/openssl.h"
#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

// FERRYMAN_KEY_COLUMNS of a row.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FERRYMAN_KEY_COLUMNS                                                                   \
  "SELECT id, account, device, kind, name, blob, aaguid, sign_count, created, last_used FROM " \
  "key_credentials "

KeyCredential key_of(const Statement& row) {
  KeyCredential key;
  const Bytes id = row.blob(0), blob = row.blob(5);
  if (id.size() == key.id.size()) std::copy(id.begin(), id.end(), key.id.begin());
  key.user = row.id<ObjectId>(1);
  if (!row.blob(2).empty()) key.device = row.id<DeviceId>(2);
  key.kind = static_cast<KeyKind>(row.integer(3));
  key.name = row.text(4);
  key.blob.assign(blob.begin(), blob.end());
  if (!row.blob(6).empty()) key.aaguid = row.id<Guid>(6);
  key.sign_count = row.number(7);
  key.created = row.integer(8);
  key.last_used = row.maybe(9);
  return key;
}

Outcome<KeyCredential> load_key(Connection& c, const TenantId& tenant, const KeyId& id) {
  Statement row = c.statement(FERRYMAN_KEY_COLUMNS "WHERE tenant = ? AND id = ?", tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  return key_of(row);
}

Outcome<void> check_device(Connection& c, const TenantId& tenant, const std::optional<DeviceId>& id) {
  if (!id) return {};
  Statement device = c.statement("SELECT 1 FROM devices WHERE tenant = ? AND id = ?", tenant, *id);
  if (!device.step()) return fail(Reason::not_found);
  return {};
}

// An engine wants octets always: none stand for NULL, or for what a key has not.
template <typename Id>
Bytes octets_of(const std::optional<Id>& id) {
  return id ? id->bytes() : Bytes();
}

}  // namespace

Outcome<void> Store::add_key(const TenantId& tenant, const KeyCredential& key) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto user = load_account(c, tenant, key.user); !user) return tl::unexpected(user.error());
    if (auto there = check_device(c, tenant, key.device); !there) return there;
    if (const auto present = load_key(c, tenant, key.id)) {
      if (present->user == key.user && present->device == key.device) return {};
      return fail(Reason::already_exists, "the key is registered already, for another user or device");
    }
    Statement count = c.statement("SELECT count(*) FROM key_credentials WHERE tenant = ? AND account = ?",
                                  tenant, key.user);
    if (count.step() && count.integer(0) >= static_cast<std::int64_t>(max_keys_of_user))
      return fail(Reason::invalid, "the user has registered too many keys; remove some of them");
    c.run(
        "INSERT INTO key_credentials (tenant, id, account, device, kind, name, blob, aaguid, sign_count, "
        "created) "
        "VALUES (?1, ?2, ?3, CASE WHEN length(?4) = 0 THEN NULL ELSE ?4 END, ?5, ?6, ?7, ?8, ?9, ?10)",
        tenant, key.id, key.user, octets_of(key.device), key.kind, key.name, key.blob, octets_of(key.aaguid),
        key.sign_count, key.created);
    return {};
  });
}

Outcome<KeyCredential> Store::key(const TenantId& tenant, const KeyId& id) {
  return read([&](Connection& c) { return load_key(c, tenant, id); });
}

Outcome<std::vector<KeyCredential>> Store::keys_of(const TenantId& tenant, const ObjectId& user) {
  return read([&](Connection& c) -> Outcome<std::vector<KeyCredential>> {
    Statement row =
        c.statement(FERRYMAN_KEY_COLUMNS "WHERE tenant = ? AND account = ? ORDER BY id", tenant, user);
    std::vector<KeyCredential> keys;
    while (row.step()) keys.push_back(key_of(row));
    return keys;
  });
}

Outcome<void> Store::remove_key(const TenantId& tenant, const KeyId& id) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto present = load_key(c, tenant, id); !present) return tl::unexpected(present.error());
    c.run("DELETE FROM key_credentials WHERE tenant = ? AND id = ?", tenant, id);
    return {};
  });
}

Outcome<Octets> Store::user_handle(const TenantId& tenant, const ObjectId& user) {
  const auto kept = [&](Connection& c) -> Outcome<Octets> {
    Statement row =
        c.statement("SELECT handle FROM user_handles WHERE tenant = ? AND account = ?", tenant, user);
    if (!row.step()) return fail(Reason::not_found);
    const Bytes handle = row.blob(0);
    return Octets(handle.begin(), handle.end());
  };
  auto present = read(kept);
  if (present || present.error().reason != Reason::not_found) return present;
  Octets made(user_handle_size);
  crypto::openssl::random(made);
  return write([&](Connection& c) -> Outcome<Octets> {
    if (const auto account = load_account(c, tenant, user); !account) return tl::unexpected(account.error());
    c.run("INSERT INTO user_handles (tenant, account, handle) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
          tenant, user, made);
    return kept(c);
  });
}

}  // namespace ferryman::directory::sql
