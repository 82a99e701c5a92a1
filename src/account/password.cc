#include "account/password.h"

#include <zxcvbn.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "account/keys.h"
#include "base/fold.h"
#include "base/secret.h"
#include "crypto/string_to_key.h"

namespace ferryman::account {
namespace {

using directory::LongTermKey;

// Beyond, each further character makes zxcvbn slower and no password weaker.
constexpr std::size_t max_estimated = 100;
// A shorter part of a name is in too many words to be one.
constexpr std::size_t min_name_part = 3;

std::size_t characters(Bytes utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](std::uint8_t octet) { return (octet & 0xc0) != 0x80; }));
}

// The parts of the account's names.
std::vector<std::string> words_of(const directory::Tenant& tenant, const directory::Account& account) {
  std::vector<std::string> words{tenant.realm, tenant.settings.name};
  std::string names = account.name + " " + account.settings.display_name;
  for (const std::string& upn : account.upns) names += " " + upn.substr(0, upn.find('@'));
  constexpr std::string_view separators = " ,.-_/\t";
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find_first_of(separators, at), names.size());
    if (end - at >= min_name_part) words.push_back(names.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool begins_with_folded(std::string_view text, std::string_view word) {
  while (!word.empty()) {
    if (text.empty() || take_folded(text) != take_folded(word)) return false;
  }
  return true;
}

bool contains_folded(std::string_view text, std::string_view word) {
  for (; !text.empty(); text.remove_prefix(1)) {
    if (begins_with_folded(text, word)) return true;
  }
  return false;
}

double bits(Bytes password, const std::vector<std::string>& words) {
  Secret text(std::min(password.size(), max_estimated) + 1);  // ends with a zero
  std::copy_n(password.begin(), text.size() - 1, text.writable().begin());
  std::vector<const char*> known;
  known.reserve(words.size() + 1);
  for (const std::string& word : words) known.push_back(word.c_str());
  known.push_back(nullptr);
  return ZxcvbnMatch(reinterpret_cast<const char*>(text.bytes().data()), known.data(), nullptr);
}

// The usual salt (RFC 4120 4): the realm and the name's components behind each other.
std::string salt_of(const directory::Tenant& tenant, const directory::Account& account) {
  std::string salt = tenant.realm + account.name;
  salt.erase(std::remove(salt.begin(), salt.end(), '/'), salt.end());
  return salt;
}

// Nothing where the password fits no etype, such as RC4 that wants UTF-8.
tl::expected<std::vector<LongTermKey>, Weakness> make_keys(const Policy& policy,
                                                           const directory::Tenant& tenant,
                                                           const directory::Account& account,
                                                           std::uint32_t kvno, Bytes password) {
  const std::string salt = salt_of(tenant, account);
  std::vector<LongTermKey> keys;
  for (const std::int32_t etype : policy.etypes) {
    if (!allows(policy, account, etype)) continue;
    const auto key = crypto::string_to_key(etype, password, as_bytes(salt));
    if (!key) return tl::unexpected(Weakness{"The new password has characters that are not allowed."});
    keys.push_back({etype, kvno, salt, {}, Secret(key->octets())});
  }
  return keys;
}

// Keys of the password in the ways in which others were made, each made once: string-to-key is dear.
class Remade {
 public:
  explicit Remade(Bytes password) : password_(password) {}

  Bytes key(std::int32_t etype, const std::string& salt, const Octets& parameters) {
    const auto [at, is_new] = keys_.try_emplace({etype, salt, parameters});
    if (is_new) {
      if (const auto key = crypto::string_to_key(etype, password_, as_bytes(salt), parameters))
        at->second = Secret(key->octets());
    }
    return at->second.bytes();
  }

 private:
  const Bytes password_;
  std::map<std::tuple<std::int32_t, std::string, Octets>, Secret> keys_;
};

// The one of the present keys that costs the least to make: its password is all of theirs.
const LongTermKey* cheapest(const std::vector<LongTermKey>& keys) {
  for (const std::int32_t etype : {kerberos::etype::aes128_sha1, kerberos::etype::aes256_sha1})
    if (const LongTermKey* key = find_key(keys, etype)) return key;
  return keys.empty() ? nullptr : &keys.front();
}

directory::Outcome<bool> is_known(const directory::Principal& user,
                                  const std::vector<directory::FormerKey>& history, std::size_t remembered,
                                  Bytes password) {
  Remade remade(password);
  if (const LongTermKey* key = cheapest(user.keys); key != nullptr) {
    const auto present = key->open();
    if (!present) return tl::unexpected(present.error());
    if (equal_in_constant_time(remade.key(key->etype, key->salt, key->s2kparams), present->bytes()))
      return true;
  }
  for (std::size_t i = 0; i < std::min(remembered, history.size()); ++i) {
    const directory::FormerKey& former = history[i];
    const Secret hash = directory::hash_of_key(remade.key(former.etype, former.salt, former.s2kparams));
    if (equal_in_constant_time(hash.bytes(), former.hash.bytes())) return true;
  }
  return false;
}

std::optional<std::int64_t> expiry(const PasswordPolicy& policy, std::int64_t now) {
  return policy.max_age == 0 ? std::nullopt : std::optional(now + policy.max_age);
}

}  // namespace

directory::Account to_be(const directory::NewAccount& wanted) {
  directory::Account account;
  account.kind = wanted.kind;
  account.name = wanted.name;
  account.upns = wanted.upns;
  account.settings = wanted.settings;
  return account;
}

tl::expected<void, Weakness> check_strength(const PasswordPolicy& policy, const directory::Tenant& tenant,
                                            const directory::Account& account, Bytes password) {
  if (characters(password) < policy.min_length)
    return tl::unexpected(Weakness{"The new password is too short: it needs at least " +
                                   std::to_string(policy.min_length) + " characters."});
  if (password.size() > policy.max_length) return tl::unexpected(Weakness{"The new password is too long."});
  if (std::find(password.begin(), password.end(), 0) != password.end())
    return tl::unexpected(Weakness{"The new password has characters that are not allowed."});
  const std::vector<std::string> words = words_of(tenant, account);
  for (const std::string& word : words) {
    if (word.size() >= min_name_part && contains_folded(as_text(password), word))
      return tl::unexpected(Weakness{"The new password has a name in it that others know."});
  }
  if (bits(password, words) < policy.min_strength)
    return tl::unexpected(
        Weakness{"The new password is too easy to guess: choose more words, or rarer ones."});
  return {};
}

tl::expected<void, Weakness> give_first_password(const Policy& policy, const directory::Tenant& tenant,
                                                 directory::WholeAccount& wanted, Bytes password,
                                                 std::int64_t now) {
  const directory::Account account = to_be(wanted.account);
  if (auto strong = check_strength(policy.password, tenant, account, password); !strong) return strong;
  auto keys = make_keys(policy, tenant, account, directory::first_kvno, password);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  wanted.keys = *std::move(keys);
  wanted.password_changed = now;
  wanted.password_expires = expiry(policy.password, now);
  return {};
}

tl::expected<void, PasswordRefused> change_password(directory::Directory& directory,
                                                    const directory::Tenant& tenant, const Policy& policy,
                                                    const directory::Principal& user, Bytes password,
                                                    std::int64_t now, bool must_change) {
  if (const auto strong = check_strength(policy.password, tenant, user.account, password); !strong)
    return tl::unexpected(PasswordRefused(strong.error()));
  const auto history = directory.history(tenant.id, user.account.id);
  if (!history) return tl::unexpected(PasswordRefused(history.error()));
  const auto known = is_known(user, *history, policy.password.history, password);
  if (!known) return tl::unexpected(PasswordRefused(known.error()));
  if (*known)
    return tl::unexpected(PasswordRefused(Weakness{"The new password is one that was used before."}));
  const std::uint32_t kvno = user.account.kvno + 1;
  const auto keys = make_keys(policy, tenant, user.account, kvno, password);
  if (!keys) return tl::unexpected(PasswordRefused(keys.error()));
  directory::KeyChange change;
  change.now = now;
  change.kvno = kvno;  // fails where somebody else has changed it meanwhile
  change.password_expires = expiry(policy.password, now);
  change.must_change = must_change;
  change.history = policy.password.history;
  const auto changed = directory.set_keys(tenant.id, user.account.id, *keys, change);
  if (!changed) return tl::unexpected(PasswordRefused(changed.error()));
  return {};
}

}  // namespace ferryman::account
