#include "decode/keys.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "crypto/encryption.h"
#include "crypto/prf.h"

namespace ferryman::decode {
namespace {

constexpr std::int32_t aes256 = 18, aes128 = 17, challenge_client = 54, challenge_kdc = 55;

KeyPointer key(std::int32_t etype, const std::string& origin) {
  return std::make_shared<Key>(Key{crypto::Key::random(etype), 1, origin, {}});
}

Octets challenge(const KeyPointer& armor, const KeyPointer& client, std::string_view pepper,
                 std::int32_t usage) {
  return crypto::encrypt(crypto::combine(armor->key, client->key, pepper, "challengelongterm"), usage,
                         as_bytes("now"));
}

TEST(KeyRing, OpensChallengesOfTheClientAndTheKdc) {
  const KeyPointer armor = key(aes256, "armor"), alice = key(aes128, "key of alice"),
                   other = key(aes128, "other");
  KeyRing ring({other, alice});
  ring.begin_message();
  auto opened =
      ring.open_challenge(armor, aes256, challenge(armor, alice, "clientchallengearmor", challenge_client));
  ASSERT_TRUE(opened);
  EXPECT_EQ(as_text(opened->text.bytes()), "now");
  EXPECT_EQ(opened->key->origin, "client's challenge key, of the armor and the key of alice");
  opened = ring.open_challenge(armor, aes256, challenge(armor, alice, "kdcchallengearmor", challenge_kdc));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->key->origin, "KDC's challenge key, of the armor and the key of alice");
}

TEST(KeyRing, OpensNoChallengeOfAnotherKey) {
  const KeyPointer armor = key(aes256, "armor"), alice = key(aes128, "alice");
  const Octets sealed = challenge(armor, alice, "clientchallengearmor", challenge_client);
  KeyRing ring({alice});
  ring.begin_message();
  EXPECT_FALSE(ring.open_challenge(nullptr, aes256, sealed));
  EXPECT_FALSE(ring.open_challenge(armor, aes128, sealed));
  EXPECT_FALSE(ring.open_challenge(key(aes256, "other"), aes256, sealed));
  KeyRing without({armor});
  without.begin_message();
  EXPECT_FALSE(without.open_challenge(armor, aes256, sealed));
}

}  // namespace
}  // namespace ferryman::decode
