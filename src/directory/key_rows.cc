#include "directory/rows.h"

namespace ferryman::directory::sqlite {

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

Outcome<std::vector<LongTermKey>> load_keys(Connection& c, const MasterKey& master, const TenantId& tenant,
                                            const ObjectId& id, std::uint32_t kvno) {
  std::vector<LongTermKey> keys;
  Statement row = c.statement(
      "SELECT etype, salt, s2kparams, sealed FROM keys WHERE tenant = ? AND object = ? AND kvno = ? "
      "ORDER BY position",
      tenant, id, kvno);
  while (row.step()) {
    LongTermKey key;
    key.etype = static_cast<std::int32_t>(row.integer(0));
    key.kvno = kvno;
    key.salt = row.text(1);
    const Bytes s2kparams = row.blob(2);
    key.s2kparams.assign(s2kparams.begin(), s2kparams.end());
    auto opened = master.open({Sealed::key, id, kvno, key.etype}, row.blob(3));
    if (!opened) return tl::unexpected(opened.error());
    key.key = *std::move(opened);
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace ferryman::directory::sqlite
