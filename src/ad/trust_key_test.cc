#include "ad/trust_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ad/test_domain.h"
#include "crypto/keytab.h"

namespace ferryman::ad {
namespace {

using testing::HasSubstr;

crypto::KeytabEntry entry(std::uint32_t kvno, std::int32_t etype, std::uint8_t fill) {
  const Octets octets(etype == 18 ? 32 : 16, fill);
  return {"AD.EXAMPLE.TEST", {"krbtgt_622"}, 1, 0, kvno, *crypto::Key::make(etype, octets)};
}

Outcome<TrustKey> key_of(const std::vector<crypto::KeytabEntry>& entries, std::int64_t number = 622) {
  return key_of_keytab(crypto::write_keytab(entries).bytes(), number);
}

TEST(TrustKey, TheNewestOfTheNumberIsTaken) {
  std::vector<crypto::KeytabEntry> entries;
  entries.push_back(entry(622 << 16 | 1, 18, 1));
  entries.push_back(entry(622 << 16 | 2, 18, 2));
  entries.push_back(entry(622 << 16 | 3, 17, 3));
  entries.push_back(entry(623 << 16 | 9, 18, 4));
  const auto key = key_of(entries);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->version, 2u);
  EXPECT_EQ(key->key.octets()[0], 2);
}

TEST(TrustKey, SaysWhoseKeytabItIs) {
  std::vector<crypto::KeytabEntry> entries;
  entries.push_back(entry(1, 18, 1));
  const auto key = key_of(entries);
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().text, HasSubstr("krbtgt_622@AD.EXAMPLE.TEST"));
  EXPECT_FALSE(key_of({}));
  EXPECT_FALSE(key_of_keytab(as_bytes("no keytab"), 622));
}

TEST(TrustKey, PasswordsAreLongAndDifferent) {
  const Secret one = random_trust_password(), other = random_trust_password();
  EXPECT_EQ(one.size(), 68u);
  EXPECT_NE(as_text(one.bytes()), as_text(other.bytes()));
  EXPECT_EQ(as_text(one.bytes()).find_first_of("\0\""), std::string_view::npos);
}

// RFC 3962 appendix B has no such salt: the value is that of MIT's ktutil for
// "addent -password -p krbtgt_622@AD.EXAMPLE.TEST -k 1 -e aes256-cts".
TEST(TrustKey, APasswordIsSaltedWithTheAccountsName) {
  const Secret password(as_bytes("Xy12345678-aaaa!"));
  const crypto::Key key = key_of_password(test_domain(), "krbtgt_622", password);
  EXPECT_EQ(key.etype(), 18);
  EXPECT_THAT(key.octets(),
              testing::ElementsAre(0x9d, 0x47, 0x13, 0x82, 0x94, 0x00, 0x95, 0x6a, 0x1f, 0xee, 0x50, 0x47,
                                   0x0c, 0x34, 0x55, 0xb6, 0x3c, 0xbb, 0x23, 0x18, 0x01, 0x68, 0x5a, 0x50,
                                   0xbb, 0x0a, 0x19, 0x67, 0xd9, 0xda, 0x8a, 0x31));
}

}  // namespace
}  // namespace ferryman::ad
