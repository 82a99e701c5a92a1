#include "ad/trust_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/text.h"
#include "crypto/keytab.h"
#include "crypto/string_to_key.h"
#include "kerberos/numbers.h"

namespace ferryman::ad {
namespace {

constexpr std::int32_t aes256 = kerberos::etype::aes256_sha1;

// The account whose keys a keytab has, as far as a person may want to know.
std::string owner_of(const std::vector<crypto::KeytabEntry>& entries) {
  return entries.empty() ? "no key" : "keys of " + printable(entries.front().principal());
}

}  // namespace

std::uint32_t version_in_tickets(std::int64_t key_version) {
  return static_cast<std::uint32_t>(key_version & 0xffff);
}

Outcome<TrustKey> key_of_keytab(Bytes file, std::int64_t number) {
  auto entries = crypto::read_keytab(file);
  if (!entries) return fail(Reason::failed, "the file is no keytab");
  crypto::KeytabEntry* newest = nullptr;
  for (crypto::KeytabEntry& entry : *entries) {
    if (entry.key.etype() != aes256 || entry.kvno >> 16 != static_cast<std::uint64_t>(number)) continue;
    if (newest == nullptr || entry.kvno > newest->kvno) newest = &entry;
  }
  if (newest == nullptr)
    return fail(Reason::failed, fmt::format("the keytab has no AES256 key of krbtgt_{0}, but {1}", number,
                                            owner_of(*entries)));
  return TrustKey{std::move(newest->key), version_in_tickets(newest->kvno)};
}

Secret random_trust_password() {
  static constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
  static constexpr std::string_view every_kind = "aA1-";
  Secret password(64 + every_kind.size());
  const auto out = password.writable();
  std::size_t at = 0;
  while (at < 64) {
    const crypto::Key random = crypto::Key::random(aes256);
    for (const std::uint8_t octet : random.octets())
      if (at < 64) out[at++] = static_cast<std::uint8_t>(letters[octet % letters.size()]);
  }
  std::copy(every_kind.begin(), every_kind.end(), out.begin() + 64);
  return password;
}

crypto::Key key_of_password(const Domain& domain, std::string_view account, const Secret& password) {
  const std::string salt = domain.realm + std::string(account);
  auto key = crypto::string_to_key(aes256, password.bytes(), as_bytes(salt));
  if (!key) throw std::logic_error("AES256 has no string-to-key");
  return std::move(*key);
}

}  // namespace ferryman::ad
