#include "account/keys.h"

#include <algorithm>
#include <utility>

namespace ferryman::account {
namespace {

namespace etype = kerberos::etype;
namespace supported = kerberos::supported_enctype;

struct Bit {
  std::int32_t etype;
  std::uint32_t bit;
};
constexpr Bit bits[] = {{etype::rc4_hmac, supported::rc4_hmac},
                        {etype::aes128_sha1, supported::aes128_sha1},
                        {etype::aes256_sha1, supported::aes256_sha1},
                        {etype::aes256_sha1, supported::aes256_sha1_session_key}};

bool is_said_to_support(std::uint32_t enctypes, std::int32_t etype) {
  if (enctypes == 0) enctypes = supported::aes128_sha1 | supported::aes256_sha1;
  return std::any_of(std::begin(bits), std::end(bits),
                     [=](const Bit& bit) { return bit.etype == etype && (enctypes & bit.bit) != 0; });
}

bool can_use(const Policy& policy, const directory::Principal& service, std::int32_t etype) {
  return allows(policy, service.account, etype) &&
         (is_said_to_support(service.account.settings.supported_enctypes, etype) ||
          find_key(service.keys, etype) != nullptr);
}

bool is_of_kdc(const directory::Account& service) {
  return service.kind == directory::AccountKind::krbtgt ||
         service.kind == directory::AccountKind::password_change;
}

}  // namespace

bool allows(const Policy& policy, const directory::Account& account, std::int32_t number) {
  const bool listed = std::find(policy.etypes.begin(), policy.etypes.end(), number) != policy.etypes.end();
  return listed && (number != etype::rc4_hmac || account.settings.flags.rc4);
}

const directory::LongTermKey* find_key(std::span<const directory::LongTermKey> keys, std::int32_t number) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [=](const auto& key) { return key.etype == number; });
  return found == keys.end() ? nullptr : &*found;
}

const directory::LongTermKey* reply_key(const Policy& policy, const directory::Principal& client,
                                        kerberos::EtypeList asked) {
  std::int32_t number = 0;
  while (asked.next(number)) {
    if (!allows(policy, client.account, number)) continue;
    if (const auto* key = find_key(client.keys, number)) return key;
  }
  return nullptr;
}

const directory::LongTermKey* ticket_key(const Policy& policy, const directory::Principal& service) {
  for (const std::int32_t number : policy.etypes) {
    if (!allows(policy, service.account, number)) continue;
    if (const auto* key = find_key(service.keys, number)) return key;
  }
  return nullptr;
}

std::optional<std::int32_t> session_etype(const Policy& policy, const directory::Account* client,
                                          const directory::Principal& service, kerberos::EtypeList asked) {
  const bool rc4_to_kdc =
      client != nullptr && is_of_kdc(service.account) && allows(policy, *client, etype::rc4_hmac);
  std::int32_t number = 0;
  while (asked.next(number)) {
    if (can_use(policy, service, number) || (rc4_to_kdc && number == etype::rc4_hmac)) return number;
  }
  return std::nullopt;
}

std::uint32_t supported_enctypes(const Policy& policy, const directory::Principal& service) {
  std::uint32_t told = 0;
  for (const Bit& bit : bits) {
    if (bit.bit != supported::aes256_sha1_session_key && can_use(policy, service, bit.etype)) told |= bit.bit;
  }
  if (service.account.kind == directory::AccountKind::krbtgt) told |= supported::fast;
  return told;
}

bool offers(kerberos::EtypeList asked, std::int32_t number) {
  std::int32_t offered = 0;
  while (asked.next(offered)) {
    if (offered == number) return true;
  }
  return false;
}

directory::Outcome<directory::Shared<crypto::Key>> usable(const directory::LongTermKey& key) {
  if (key.ready) return key.ready;
  const auto octets = key.open();
  if (!octets) return tl::unexpected(octets.error());
  auto made = crypto::Key::make(key.etype, octets->bytes());
  if (!made) return directory::fail(directory::Reason::damaged, "a key of another size than its etype's");
  return std::make_shared<const crypto::Key>(*std::move(made));
}

}  // namespace ferryman::account
