#include <filesystem>
#include <fstream>
#include <iterator>

#include "crypto/string_to_key.h"
#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

class Keys : public EachEngine {
 protected:
  Outcome<std::uint32_t> set(std::span<const LongTermKey> keys, const KeyChange& change = {.now = now}) {
    return directory_->set_keys(tenant_, alice_, keys, change);
  }

  ObjectId alice_ = user("alice").id;
};
FERRYMAN_ON_EACH_ENGINE(Keys);

bool same(const LongTermKey& a, const LongTermKey& b) {
  return a.etype == b.etype && a.salt == b.salt && a.s2kparams == b.s2kparams &&
         equal_in_constant_time(a.key.bytes(), b.key.bytes());
}

TEST_P(Keys, AreReadAsTheyWereSetAndInTheirOrder) {
  std::vector<LongTermKey> keys = random_keys("EXAMPLE.COMalice");
  keys[0].s2kparams = {0, 0, 0x20, 0};
  EXPECT_EQ(set(keys, {.now = now, .password_expires = now + 9, .must_change = true}), 1U);
  const auto alice = client({"alice"});
  ASSERT_TRUE(done(alice));
  ASSERT_EQ(alice->keys.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(same(alice->keys[i], keys[i])) << i;
    EXPECT_EQ(alice->keys[i].kvno, 1U);
  }
  EXPECT_EQ(alice->account.kvno, 1U);
  EXPECT_EQ(alice->account.password_changed, now);
  EXPECT_EQ(alice->account.password_expires, now + 9);
  EXPECT_TRUE(alice->account.settings.flags.must_change);
  ASSERT_TRUE(done(set(random_keys())));
  EXPECT_FALSE(client({"alice"})->account.settings.flags.must_change);
  EXPECT_FALSE(client({"alice"})->account.password_expires);
}

TEST_P(Keys, OfAClientStaySealedUntilOneIsOpened) {
  const std::vector<LongTermKey> keys = random_keys();
  ASSERT_TRUE(done(set(keys)));
  const std::string_view name[] = {"alice"};
  const auto alice = directory_->find_client(tenant_, name, kerberos::name_type::principal).value();
  ASSERT_EQ(alice->keys.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(alice->keys[i].key.empty());
    EXPECT_TRUE(equal_in_constant_time(alice->keys[i].open()->bytes(), keys[i].key.bytes()));
  }
}

TEST_P(Keys, KeepTheirSaltWhenTheAccountIsRenamed) {
  ASSERT_TRUE(done(set(random_keys("EXAMPLE.COMalice"))));
  ASSERT_TRUE(done(directory_->rename_account(tenant_, alice_, "bob")));
  EXPECT_EQ(client({"bob"})->keys.front().salt, "EXAMPLE.COMalice");
}

TEST_P(Keys, OfTheLastVersionsStayReadable) {
  std::vector<std::vector<LongTermKey>> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(random_keys());
    ASSERT_TRUE(done(set(all.back())));
  }
  EXPECT_EQ(client({"alice"})->keys.front().kvno, 5U) << "the present ones alone prove anything";
  EXPECT_TRUE(same(client({"alice"})->keys.front(), all[4][0]));
  for (const std::uint32_t kvno : {3U, 4U, 5U}) {
    const auto keys = directory_->keys(tenant_, alice_, kvno);
    ASSERT_TRUE(done(keys)) << kvno;
    EXPECT_TRUE(same(keys->front(), all[kvno - 1][0]));
  }
  for (const std::uint32_t kvno : {0U, 1U, 2U, 6U})
    EXPECT_TRUE(refused(directory_->keys(tenant_, alice_, kvno), Reason::not_found)) << kvno;
}

TEST_P(Keys, HaveVersionsThatOnlyRise) {
  EXPECT_EQ(set(random_keys(), {.kvno = 7}), 7U);
  EXPECT_TRUE(refused(set(random_keys(), {.kvno = 7}), Reason::invalid));
  EXPECT_TRUE(refused(set(random_keys(), {.kvno = 6}), Reason::invalid));
  EXPECT_TRUE(refused(set(random_keys(), {.kvno = 0}), Reason::invalid));
  EXPECT_EQ(set(random_keys()), 8U);
  EXPECT_TRUE(refused(set(random_keys(), {.kvno = max_kvno + 1}), Reason::invalid));
  EXPECT_EQ(set(random_keys(), {.kvno = max_kvno}), max_kvno);
  EXPECT_TRUE(refused(set(random_keys()), Reason::invalid));
  EXPECT_TRUE(done(directory_->keys(tenant_, alice_, 7))) << "two versions before, however far apart";
}

TEST_P(Keys, OfKrbtgtLeaveTheUpperHalfOfTheirVersionAlone) {
  const ObjectId krbtgt = find_service({"krbtgt", "EXAMPLE.COM"})->account.id;
  EXPECT_EQ(directory_->set_keys(tenant_, krbtgt, random_keys(), {}), 2U);
  EXPECT_TRUE(done(directory_->krbtgt_keys(tenant_, 1)));
  EXPECT_TRUE(done(directory_->krbtgt_keys(tenant_, 2)));
  EXPECT_TRUE(refused(directory_->set_keys(tenant_, krbtgt, random_keys(), {.kvno = max_krbtgt_kvno + 1}),
                      Reason::invalid));
}

TEST_P(Keys, AreOfTypesThatAreKept) {
  EXPECT_TRUE(refused(set({}), Reason::invalid));
  std::vector<LongTermKey> twice = random_keys();
  twice[1].etype = twice[0].etype;
  EXPECT_TRUE(refused(set(twice), Reason::invalid));
  std::vector<LongTermKey> short_key = random_keys();
  short_key[0].key.shrink(31);
  EXPECT_TRUE(refused(set(short_key), Reason::invalid));
  std::vector<LongTermKey> rc4;
  rc4.push_back({kerberos::etype::rc4_hmac, 0, {}, {}, Secret(16)});
  EXPECT_TRUE(refused(set(rc4), Reason::invalid));
  AccountSettings settings;
  settings.flags.rc4 = true;
  ASSERT_TRUE(done(directory_->change_account(tenant_, alice_, to(settings))));
  EXPECT_TRUE(done(set(rc4)));
  std::vector<LongTermKey> des3;
  des3.push_back({kerberos::etype::des3_cbc_sha1_kd, 0, {}, {}, Secret(24)});
  EXPECT_TRUE(refused(set(des3), Reason::invalid));
}

std::vector<LongTermKey> of_password(const std::string& password) {
  std::vector<LongTermKey> keys;
  keys.reserve(aes.size());
  const std::string salt = "EXAMPLE.COMalice";
  for (const std::int32_t etype : aes)
    keys.push_back({etype,
                    0,
                    salt,
                    {},
                    Secret(crypto::string_to_key(etype, as_bytes(password), as_bytes(salt))->octets())});
  return keys;
}

bool is_former(const FormerKey& former, const std::string& password) {
  const auto key =
      crypto::string_to_key(former.etype, as_bytes(password), as_bytes(former.salt), former.s2kparams);
  return equal_in_constant_time(hash_of_key(key->octets()).bytes(), former.hash.bytes());
}

TEST_P(Keys, OfFormerPasswordsAreRememberedByTheirHash) {
  for (const char* password : {"one", "two", "three", "four"})
    ASSERT_TRUE(done(set(of_password(password), {.now = now, .history = 2})));
  const auto former = directory_->history(tenant_, alice_);
  ASSERT_TRUE(done(former));
  ASSERT_EQ(former->size(), 2U);
  EXPECT_TRUE(is_former((*former)[0], "three"));
  EXPECT_TRUE(is_former((*former)[1], "two"));
  EXPECT_FALSE(is_former((*former)[0], "four"));
  ASSERT_TRUE(done(set(of_password("five"))));
  EXPECT_TRUE(directory_->history(tenant_, alice_)->empty()) << "a realm that wants none keeps none";
}

TEST_P(Keys, GoWithTheirAccount) {
  ASSERT_TRUE(done(set(random_keys(), {.history = 3})));
  ASSERT_TRUE(done(set(random_keys(), {.history = 3})));
  ASSERT_TRUE(done(directory_->remove_account(tenant_, alice_)));
  EXPECT_TRUE(refused(directory_->keys(tenant_, alice_, 1), Reason::not_found));
  EXPECT_TRUE(refused(directory_->history(tenant_, alice_), Reason::not_found));
  EXPECT_TRUE(refused(directory_->remove_account(tenant_, alice_), Reason::not_found));
  EXPECT_TRUE(directory_->check()->empty());
}

TEST_P(Keys, AreNowhereInTheFiles) {
  const std::vector<LongTermKey> keys = random_keys("a salt that is told from others");
  ASSERT_TRUE(done(set(keys, {.history = 3})));
  const std::string salt = keys.front().salt;
  bool has_salt = false;
  for (const auto& file : files_of_the_database()) {
    std::ifstream stream(file, std::ios::binary);
    const std::string octets(std::istreambuf_iterator<char>(stream), {});
    has_salt |= octets.find(salt) != std::string::npos;
    for (const LongTermKey& key : keys)
      EXPECT_EQ(octets.find(as_text(key.key.bytes())), std::string::npos) << file;
  }
  EXPECT_TRUE(has_salt) << "what is beside the keys is in none of these files";
}

TEST_P(Keys, UnderAnotherMasterKeyAreToldAtOnce) {
  const auto other = opened(master_key(8));
  ASSERT_TRUE(refused(other, Reason::wrong_master_key));
  EXPECT_NE(other.error().text.find("sealed under master key"), std::string::npos);
}

}  // namespace
}  // namespace ferryman::directory
