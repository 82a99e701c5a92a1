#include <algorithm>

#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

// What a row of these columns says: id, account, device, blob, created, last_used.
KeyCredential key_of(const Statement& row) {
  KeyCredential key;
  const Bytes id = row.blob(0), blob = row.blob(3);
  if (id.size() == key.id.size()) std::copy(id.begin(), id.end(), key.id.begin());
  key.user = row.id<ObjectId>(1);
  key.device = row.id<DeviceId>(2);
  key.blob.assign(blob.begin(), blob.end());
  key.created = row.integer(4);
  key.last_used = row.maybe(5);
  return key;
}

Outcome<KeyCredential> load_key(Connection& c, const TenantId& tenant, const KeyId& id) {
  Statement row = c.statement(
      "SELECT id, account, device, blob, created, last_used FROM key_credentials WHERE tenant = ? AND id = ?",
      tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  return key_of(row);
}

}  // namespace

Outcome<void> Store::add_key(const TenantId& tenant, const KeyCredential& key) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto user = load_account(c, tenant, key.user); !user) return tl::unexpected(user.error());
    Statement device = c.statement("SELECT 1 FROM devices WHERE tenant = ? AND id = ?", tenant, key.device);
    if (!device.step()) return fail(Reason::not_found);
    if (const auto present = load_key(c, tenant, key.id)) {
      if (present->user == key.user && present->device == key.device) return {};
      return fail(Reason::already_exists, "the key is registered already, for another user or device");
    }
    Statement count = c.statement("SELECT count(*) FROM key_credentials WHERE tenant = ? AND account = ?",
                                  tenant, key.user);
    if (count.step() && count.integer(0) >= static_cast<std::int64_t>(max_keys_of_user))
      return fail(Reason::invalid, "the user has registered too many keys; remove some of them");
    c.run(
        "INSERT INTO key_credentials (tenant, id, account, device, blob, created) VALUES (?, ?, ?, ?, ?, ?)",
        tenant, key.id, key.user, key.device, key.blob, key.created);
    return {};
  });
}

Outcome<KeyCredential> Store::key(const TenantId& tenant, const KeyId& id) {
  return read([&](Connection& c) { return load_key(c, tenant, id); });
}

Outcome<std::vector<KeyCredential>> Store::keys_of(const TenantId& tenant, const ObjectId& user) {
  return read([&](Connection& c) -> Outcome<std::vector<KeyCredential>> {
    Statement row = c.statement(
        "SELECT id, account, device, blob, created, last_used FROM key_credentials "
        "WHERE tenant = ? AND account = ? ORDER BY id",
        tenant, user);
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

}  // namespace ferryman::directory::sql
