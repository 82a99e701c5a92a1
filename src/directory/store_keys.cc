#include <fmt/format.h>

#include <algorithm>

#include "crypto/key.h"
#include "crypto/openssl.h"
#include "directory/store.h"
#include "kerberos/numbers.h"

namespace ferryman::directory {

Secret hash_of_key(Bytes key) {
  Secret hash(crypto::openssl::digest_size(crypto::openssl::Digest::sha256));
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {key}, hash.writable());
  return hash;
}

namespace sql {
namespace {

struct Present {
  AccountKind kind;
  bool rc4;
  std::uint32_t kvno;
};

Outcome<Present> present(Connection& c, const TenantId& tenant, const ObjectId& id) {
  auto account = load_account(c, tenant, id);
  if (!account) return tl::unexpected(account.error());
  return Present{account->kind, account->settings.flags.rc4, account->kvno};
}

bool is_aes(std::int32_t etype) {
  namespace number = kerberos::etype;
  return etype == number::aes128_sha1 || etype == number::aes256_sha1 || etype == number::aes128_sha256 ||
         etype == number::aes256_sha384;
}

Outcome<std::uint32_t> next_kvno(const Present& account, const KeyChange& change) {
  const std::uint32_t last = account.kind == AccountKind::krbtgt ? max_krbtgt_kvno : max_kvno;
  if (account.kvno >= last || (change.kvno && *change.kvno > last))
    return fail(Reason::invalid, fmt::format("there is no key version beyond {}", last));
  if (change.kvno && *change.kvno <= account.kvno)
    return fail(Reason::invalid, fmt::format("key version {} is not higher than {}, the present one",
                                             *change.kvno, account.kvno));
  return change.kvno.value_or(account.kvno + 1);
}

// The present password goes into the history: by the hash of one key, the one that is made in the shortest
// time.
Outcome<void> remember(Connection& c, const MasterKeys& masters, const TenantId& tenant, const ObjectId& id,
                       std::uint32_t kvno, std::size_t history) {
  const auto keys = load_keys(c, masters, tenant, id, kvno);
  const auto master = sealing_key(c, masters);
  if (!keys) return tl::unexpected(keys.error());
  if (!master) return tl::unexpected(master.error());
  const auto key =
      std::min_element(keys->begin(), keys->end(),
                       [](const LongTermKey& a, const LongTermKey& b) { return a.etype < b.etype; });
  if (key != keys->end() && history > 0) {
    const Secret hash = hash_of_key(key->key.bytes());
    const Octets sealed = (*master)->seal({Sealed::former, id, kvno, key->etype}, hash.bytes());
    c.run(
        "INSERT INTO former_passwords (tenant, object, kvno, etype, salt, s2kparams, sealed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        tenant, id, kvno, key->etype, as_bytes(key->salt), key->s2kparams, sealed);
  }
  c.run(
      "DELETE FROM former_passwords WHERE tenant = ?1 AND object = ?2 AND kvno <= (SELECT kvno "
      "FROM former_passwords WHERE tenant = ?1 AND object = ?2 ORDER BY kvno DESC LIMIT 1 OFFSET ?3)",
      tenant, id, std::min(history, max_history));
  return {};
}

Outcome<void> replace_keys(Connection& c, const MasterKeys& masters, const TenantId& tenant,
                           const ObjectId& id, std::uint32_t kvno, std::span<const LongTermKey> keys,
                           bool forget_former) {
  const auto master = sealing_key(c, masters);
  if (!master) return tl::unexpected(master.error());
  auto done = insert_keys(c, **master, tenant, id, kvno, keys);
  c.run(
      "DELETE FROM keys WHERE tenant = ?1 AND object = ?2 AND kvno < (SELECT min(kvno) FROM (SELECT DISTINCT "
      "kvno FROM keys WHERE tenant = ?1 AND object = ?2 ORDER BY kvno DESC LIMIT ?3) AS recent)",
      tenant, id, forget_former ? 1 : former_versions + 1);
  return done;
}

}  // namespace

Outcome<void> check_keys(std::span<const LongTermKey> keys, bool rc4) {
  if (keys.empty()) return fail(Reason::invalid, "an account needs a key");
  for (const LongTermKey& key : keys) {
    const auto same = [&key](const LongTermKey& other) { return other.etype == key.etype; };
    if (std::count_if(keys.begin(), keys.end(), same) > 1)
      return fail(Reason::invalid, fmt::format("two keys of encryption type {}", key.etype));
    if (!is_aes(key.etype) && !(rc4 && key.etype == kerberos::etype::rc4_hmac))
      return fail(Reason::invalid, fmt::format("encryption type {} is not kept for this account", key.etype));
    if (!crypto::Key::make(key.etype, key.key.bytes()))
      return fail(Reason::invalid, fmt::format("a key of encryption type {} has another size", key.etype));
  }
  return {};
}

Outcome<std::uint32_t> Store::set_keys(const TenantId& tenant, const ObjectId& account,
                                       std::span<const LongTermKey> keys, const KeyChange& change) {
  return write([&](Connection& c) -> Outcome<std::uint32_t> {
    const auto before = present(c, tenant, account);
    if (!before) return tl::unexpected(before.error());
    if (auto checked = check_keys(keys, before->rc4); !checked) return tl::unexpected(checked.error());
    auto kvno = next_kvno(*before, change);
    if (!kvno) return kvno;
    auto done = remember(c, masters_, tenant, account, before->kvno, change.history);
    if (done) done = replace_keys(c, masters_, tenant, account, *kvno, keys, change.forget_former);
    if (!done) return tl::unexpected(done.error());
    AccountFlags must_change;
    must_change.must_change = true;
    c.run(
        "UPDATE accounts SET kvno = ?, password_changed = ?, password_expires = ?, "
        "flags = (flags & ~?) | ? WHERE tenant = ? AND id = ?",
        *kvno, change.now, change.password_expires, mask_of(must_change),
        change.must_change ? mask_of(must_change) : 0, tenant, account);
    return kvno;
  });
}

Outcome<std::vector<FormerKey>> Store::history(const TenantId& tenant, const ObjectId& account) {
  return read([&](Connection& c) -> Outcome<std::vector<FormerKey>> {
    if (auto found = present(c, tenant, account); !found) return tl::unexpected(found.error());
    std::vector<FormerKey> former;
    Statement row = c.statement(
        "SELECT kvno, etype, salt, s2kparams, sealed FROM former_passwords WHERE tenant = ? AND object = ? "
        "ORDER BY kvno DESC",
        tenant, account);
    while (row.step()) {
      const auto etype = static_cast<std::int32_t>(row.integer(1));
      auto hash = masters_.open({Sealed::former, account, row.number(0), etype}, row.blob(4));
      if (!hash) return tl::unexpected(hash.error());
      const Bytes s2kparams = row.blob(3);
      former.push_back({etype, row.text(2), {s2kparams.begin(), s2kparams.end()}, *std::move(hash)});
    }
    return former;
  });
}

}  // namespace sql
}  // namespace ferryman::directory
