#include "kdb/master_keys.h"

#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "crypto/encryption.h"
#include "crypto/keytab.h"

namespace ferryman::kdb {
namespace {

// krb5_dbe_def_decrypt_key_data(): the key's size stands before what is encrypted, since DES3 pads it.
Result<crypto::Key> unseal(const crypto::Key& master, const SealedKey& key) {
  constexpr std::int32_t usage = 0;
  LittleEndianReader reader(key.sealed);
  const std::size_t size = reader.u16();
  const Bytes cipher = reader.octets(reader.left());
  if (!reader.ok()) return tl::unexpected(reader.error());
  const auto plain = crypto::decrypt(master, usage, cipher);
  if (!plain) return tl::unexpected(plain.error());
  if (plain->size() < size) return tl::unexpected(Error{Fault::truncated});
  return crypto::Key::make(key.etype, plain->bytes().first(size));
}

bool is_same(const crypto::Key& a, const crypto::Key& b) {
  return a.etype() == b.etype() && equal_in_constant_time(a.octets(), b.octets());
}

}  // namespace

bool is_master(const PrincipalName& name) {
  return name.components == std::vector<std::string>{"K", "M"};
}

Result<MasterKeys> MasterKeys::read(Bytes stash) {
  auto entries = crypto::read_keytab(stash);
  if (!entries) return tl::unexpected(entries.error());
  MasterKeys master;
  for (crypto::KeytabEntry& entry : *entries) {
    if (!is_master({entry.components, entry.realm})) continue;
    master.realm_ = std::move(entry.realm);
    master.keys_.insert_or_assign(entry.kvno, std::move(entry.key));
  }
  if (master.keys_.empty()) return tl::unexpected(Error{Fault::missing_field});
  return master;
}

// K/M has all versions sealed under the newest one, which in turn is sealed under each of the others.
Result<void> MasterKeys::add(const DumpedPrincipal& master) {
  constexpr tl::unexpected<Error> foreign(Error{Fault::bad_integrity});
  const auto newest =
      std::max_element(master.keys.begin(), master.keys.end(),
                       [](const SealedKey& a, const SealedKey& b) { return a.kvno < b.kvno; });
  if (newest == master.keys.end()) return foreign;
  for (const SealedMasterKey& each : master.master_keys) {
    if (has(newest->kvno) || each.key.kvno != newest->kvno) continue;
    if (auto key = open(each.key, each.under)) keys_.emplace(newest->kvno, *std::move(key));
  }
  for (const SealedKey& each : master.keys) {
    auto key = open(each, newest->kvno);
    if (!key) return foreign;
    const auto [at, is_new] = keys_.try_emplace(each.kvno, key->copy());
    if (!is_new && !is_same(at->second, *key)) return foreign;
  }
  return {};
}

Result<crypto::Key> MasterKeys::open(const SealedKey& key, std::uint32_t kvno) const {
  const auto master = keys_.find(kvno);
  if (master == keys_.end()) return tl::unexpected(Error{Fault::missing_field});
  return unseal(master->second, key);
}

}  // namespace ferryman::kdb
