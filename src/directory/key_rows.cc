#include <fmt/format.h>

#include "directory/rows.h"
#include "directory/schema.h"

namespace ferryman::directory::sql {
namespace {

Outcome<void> take(LongTermKey& key, const MasterKeys& masters, const SealedPlace& place, Bytes sealed,
                   Keys how) {
  if (how == Keys::sealed) {
    auto kept = masters.keep(place, sealed);
    if (!kept) return tl::unexpected(kept.error());
    key.sealed = *std::move(kept);
    return {};
  }
  auto opened = masters.open(place, sealed);
  if (!opened) return tl::unexpected(opened.error());
  key.key = *std::move(opened);
  return {};
}

// Of the object, in the statement's order.
Outcome<std::vector<LongTermKey>> keys_of(Statement row, const MasterKeys& masters, const ObjectId& id,
                                          Keys how = Keys::opened) {
  std::vector<LongTermKey> keys;
  while (row.step()) {
    LongTermKey key;
    key.kvno = row.number(0);
    key.etype = static_cast<std::int32_t>(row.integer(1));
    key.salt = row.text(2);
    const Bytes s2kparams = row.blob(3);
    key.s2kparams.assign(s2kparams.begin(), s2kparams.end());
    if (auto taken = take(key, masters, {Sealed::key, id, key.kvno, key.etype}, row.blob(4), how); !taken)
      return tl::unexpected(taken.error());
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

Outcome<std::shared_ptr<const MasterKey>> sealing_key(Connection& c, const MasterKeys& masters) {
  const std::uint32_t id = noted_master_key(c).value_or(0);
  auto key = masters.find(id);
  if (!key)
    return fail(
        Reason::wrong_master_key,
        fmt::format("the keys in the database are sealed under master key {:08x}, which was made since "
                    "this process began",
                    id));
  return key;
}

Outcome<void> insert_keys(Connection& c, const MasterKey& master, const TenantId& tenant, const ObjectId& id,
                          std::uint32_t kvno, std::span<const LongTermKey> keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const LongTermKey& key = keys[i];
    const Octets sealed = master.seal({Sealed::key, id, kvno, key.etype}, key.key.bytes());
    c.run(
        "INSERT INTO keys (tenant, object, kvno, etype, position, salt, s2kparams, sealed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        tenant, id, kvno, key.etype, i, as_bytes(key.salt), key.s2kparams, sealed);
  }
  return {};
}

Outcome<std::vector<LongTermKey>> load_keys(Connection& c, const MasterKeys& masters, const TenantId& tenant,
                                            const ObjectId& id, std::uint32_t kvno, Keys how) {
  return keys_of(c.statement("SELECT kvno, etype, salt, s2kparams, sealed FROM keys WHERE tenant = ? AND "
                             "object = ? AND kvno = ? ORDER BY position",
                             tenant, id, kvno),
                 masters, id, how);
}

Outcome<std::vector<LongTermKey>> load_kept_keys(Connection& c, const MasterKeys& masters,
                                                 const TenantId& tenant, const ObjectId& id) {
  return keys_of(c.statement("SELECT kvno, etype, salt, s2kparams, sealed FROM keys WHERE tenant = ? AND "
                             "object = ? ORDER BY kvno DESC, position",
                             tenant, id),
                 masters, id);
}

}  // namespace ferryman::directory::sql
