#include "decode/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "crypto/encryption.h"
#include "crypto/prf.h"
#include "kerberos/numbers.h"

namespace ferryman::decode {
namespace {

constexpr std::size_t max_learned_keys = 64, work_per_message = 64 << 20;

}  // namespace

void KeyRing::begin_message() {
  strengthen_key_.reset();
  work_left_ = work_per_message;
}

void KeyRing::learn(std::int32_t etype, Bytes octets, std::string origin) {
  auto key = crypto::Key::make(etype, octets);
  if (!key) return;
  const auto same = std::find_if(learned_.begin(), learned_.end(), [&](const KeyPointer& known) {
    return known->key.etype() == etype && equal_in_constant_time(known->key.octets(), octets);
  });
  if (same != learned_.end()) return;
  learned_.push_front(std::make_shared<Key>(Key{std::move(*key), 0, std::move(origin), {}}));
  if (learned_.size() > max_learned_keys) learned_.pop_back();
}

void KeyRing::learn_subkey(std::int32_t etype, Bytes octets, const KeyPointer& session,
                           const std::string& origin) {
  learn(etype, octets, origin);
  const auto subkey = crypto::Key::make(etype, octets);
  if (!subkey || !session) return;
  const crypto::Key armor = crypto::combine(*subkey, session->key, "subkeyarmor", "ticketarmor");
  learn(armor.etype(), armor.octets(), "armor key of the " + origin);
}

void KeyRing::strengthen(std::int32_t etype, Bytes octets) {
  auto key = crypto::Key::make(etype, octets);
  if (key) strengthen_key_ = std::move(*key);
}

std::optional<Secret> KeyRing::try_key(const crypto::Key& key, std::span<const std::int32_t> usages,
                                       Bytes cipher) {
  for (const std::int32_t usage : usages) {
    if (work_left_ < cipher.size()) return std::nullopt;
    work_left_ -= cipher.size();
    if (auto text = crypto::decrypt(key, usage, cipher)) return std::move(*text);
  }
  return std::nullopt;
}

std::optional<KeyRing::Opened> KeyRing::try_with(const KeyPointer& key, std::int32_t etype,
                                                 std::span<const std::int32_t> usages, Bytes cipher) {
  if (key->key.etype() == etype) {
    if (auto text = try_key(key->key, usages, cipher)) return Opened{std::move(*text), key};
  }
  // A reply key that is strengthened has the etype of the strengthen-key, whatever the other's is.
  if (!strengthen_key_ || strengthen_key_->etype() != etype) return std::nullopt;
  crypto::Key both = crypto::combine(*strengthen_key_, key->key, "strengthenkey", "replykey");
  auto text = try_key(both, usages, cipher);
  if (!text) return std::nullopt;
  return Opened{std::move(*text),
                std::make_shared<Key>(Key{std::move(both), 0, "strengthened " + key->origin, {}})};
}

std::optional<KeyRing::Opened> KeyRing::open(std::int32_t etype, std::optional<std::uint32_t> kvno,
                                             std::span<const std::int32_t> usages, Bytes cipher) {
  const auto likely = [&](const KeyPointer& key) { return kvno && key->kvno == *kvno; };
  for (const auto& key : keytab_) {
    if (!likely(key)) continue;
    if (auto opened = try_with(key, etype, usages, cipher)) return opened;
  }
  for (const auto& key : learned_) {
    if (auto opened = try_with(key, etype, usages, cipher)) return opened;
  }
  for (const auto& key : keytab_) {
    if (likely(key)) continue;
    if (auto opened = try_with(key, etype, usages, cipher)) return opened;
  }
  return std::nullopt;
}

std::optional<KeyRing::Opened> KeyRing::open_challenge(const KeyPointer& armor, std::int32_t etype,
                                                       Bytes cipher) {
  constexpr std::size_t work_per_key = 4096;  // what making one is worth
  struct Challenge {
    std::int32_t usage;
    std::string_view pepper, name;
  };
  static constexpr Challenge challenges[] = {
      {kerberos::key_usage::challenge_client, "clientchallengearmor", "client's"},
      {kerberos::key_usage::challenge_kdc, "kdcchallengearmor", "KDC's"}};
  if (!armor || armor->key.etype() != etype) return std::nullopt;
  for (const auto& key : keytab_) {
    for (const auto& [usage, pepper, name] : challenges) {
      if (work_left_ < work_per_key) return std::nullopt;
      work_left_ -= work_per_key;
      crypto::Key challenge = crypto::combine(armor->key, key->key, pepper, "challengelongterm");
      auto text = try_key(challenge, {&usage, 1}, cipher);
      if (!text) continue;
      const std::string origin =
          fmt::format("{} challenge key, of the {} and the {}", name, armor->origin, key->origin);
      return Opened{std::move(*text), std::make_shared<Key>(Key{std::move(challenge), 0, origin, {}})};
    }
  }
  return std::nullopt;
}

}  // namespace ferryman::decode
