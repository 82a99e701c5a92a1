#include <gmock/gmock.h>

#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

using testing::ElementsAre;
namespace etype = kerberos::etype;

LongTermKey key(std::uint32_t kvno, std::int32_t etype, const std::string& salt = "SALT") {
  return {etype, kvno, salt, {}, Secret(crypto::Key::random(etype).octets())};
}

template <typename... Keys>
WholeAccount imported(const std::string& name, Keys... keys) {
  WholeAccount account;
  account.account.name = name;
  (account.keys.push_back(std::move(keys)), ...);
  return account;
}

class Imports : public EachEngine {
 protected:
  std::vector<std::string> import(std::vector<WholeAccount> accounts, Import how = Import::for_good) {
    const auto outcomes = directory_->import_accounts(tenant_, accounts, how, now);
    EXPECT_TRUE(done(outcomes));
    std::vector<std::string> texts;
    for (const Outcome<void>& each : *outcomes)
      texts.push_back(each ? "done" : std::string(name(each.error().reason)));
    return texts;
  }
  template <typename... Accounts>
  static std::vector<WholeAccount> list(Accounts... accounts) {
    std::vector<WholeAccount> all;
    (all.push_back(std::move(accounts)), ...);
    return all;
  }
  bool is_there(const std::string& name) { return directory_->find_account(tenant_, name).has_value(); }
};

FERRYMAN_ON_EACH_ENGINE(Imports);

TEST_P(Imports, KeepKeysWithVersionSaltAndTimes) {
  WholeAccount alice = imported("alice", key(7, etype::aes256_sha1, "OLDalice"),
                                key(7, etype::aes128_sha256, ""), key(5, etype::aes256_sha1, "OLDER"));
  const Octets present(alice.keys[0].key.bytes().begin(), alice.keys[0].key.bytes().end());
  alice.password_changed = 1000;
  alice.password_expires = 2'000'000'000;
  alice.account.settings.flags.must_change = true;
  EXPECT_THAT(import(list(std::move(alice))), ElementsAre("done"));
  const auto found = client({"alice"});
  ASSERT_TRUE(done(found));
  EXPECT_EQ(found->account.kvno, 7);
  EXPECT_EQ(found->account.password_changed, 1000);
  EXPECT_EQ(found->account.password_expires, 2'000'000'000);
  EXPECT_TRUE(found->account.settings.flags.must_change);
  ASSERT_EQ(found->keys.size(), 2);
  EXPECT_EQ(found->keys[0].salt, "OLDalice");
  EXPECT_EQ(found->keys[1].salt, "");
  EXPECT_THAT(found->keys[0].key.bytes(), testing::ElementsAreArray(present));
  const auto older = directory_->keys(tenant_, found->account.id, 5);
  ASSERT_TRUE(done(older));
  EXPECT_EQ(older->at(0).salt, "OLDER");
}

TEST_P(Imports, KeepAsManyVersionsAsAnyAccountHas) {
  import(list(imported("alice", key(1, 18), key(4, 18), key(2, 18), key(9, 18))));
  const auto id = client({"alice"})->account.id;
  for (const std::uint32_t kept : {9U, 4U, 2U})
    EXPECT_TRUE(done(directory_->keys(tenant_, id, kept))) << kept;
  EXPECT_TRUE(refused(directory_->keys(tenant_, id, 1), Reason::not_found));
  EXPECT_EQ(*directory_->set_keys(tenant_, id, random_keys(), {.now = now}), 10);
}

TEST_P(Imports, OneThatFailsLeavesNothingAndTheOthersAreMade) {
  user("bob");
  EXPECT_THAT(
      import(list(imported("alice", key(1, 18)), imported("BOB", key(1, 18)), imported("a:b"),
                  imported("twice", key(1, 18), key(1, 18)), imported("zero", key(0, 18)),
                  imported("des3", key(1, etype::des3_cbc_sha1_kd)), imported("rc4", key(1, etype::rc4_hmac)),
                  imported("Alice", key(1, 18)), imported("carol", key(1, 18)))),
      ElementsAre("done", "already_exists", "invalid", "invalid", "invalid", "invalid", "invalid",
                  "already_exists", "done"));
  for (const char* none : {"twice", "zero", "des3", "rc4"}) EXPECT_FALSE(is_there(none)) << none;
  const auto alice = client({"alice"}), carol = client({"carol"});
  ASSERT_TRUE(alice && carol);
  EXPECT_EQ(carol->account.rid, alice->account.rid + 1);  // those between have none
}

TEST_P(Imports, MakeAnAccountWithItsKeysAndInItsGroupsOrNotAtAll) {
  const Group staff = *directory_->create_group(tenant_, {.name = "staff"});
  WholeAccount alice = imported("alice", key(first_kvno, etype::aes256_sha1));
  alice.groups = {staff.id};
  alice.password_changed = now;
  const auto made = directory_->create_account(tenant_, alice, now);
  ASSERT_TRUE(done(made));
  const auto found = client({"alice"});
  ASSERT_TRUE(done(found));
  EXPECT_EQ(found->account.kvno, first_kvno);
  EXPECT_EQ(found->keys.size(), 1);
  EXPECT_THAT(found->groups, ElementsAre(staff.rid));
  WholeAccount bob = imported("bob", key(first_kvno, etype::aes256_sha1));
  bob.groups = {staff.id, ObjectId{random_guid()}};
  EXPECT_TRUE(refused(directory_->create_account(tenant_, bob, now), Reason::not_found));
  const WholeAccount carol = imported("carol", key(first_kvno, etype::rc4_hmac));
  EXPECT_TRUE(refused(directory_->create_account(tenant_, carol, now), Reason::invalid));
  for (const char* none : {"bob", "carol"}) EXPECT_FALSE(is_there(none)) << none;
  EXPECT_EQ(user("dave").rid, made->rid + 1);  // those between have none
}

TEST_P(Imports, PutAnAccountInNoMoreGroupsThanTicketsHaveRoomFor) {
  WholeAccount alice = imported("alice");
  for (std::size_t i = 0; i <= max_groups_of_account; ++i)
    alice.groups.push_back(directory_->create_group(tenant_, {.name = "g" + std::to_string(i)})->id);
  EXPECT_TRUE(refused(directory_->create_account(tenant_, alice, now), Reason::invalid));
  const ObjectId last = alice.groups.back();
  alice.groups.pop_back();
  const auto made = directory_->create_account(tenant_, alice, now);
  ASSERT_TRUE(done(made));
  EXPECT_TRUE(refused(directory_->join_group(tenant_, last, made->id), Reason::invalid));
  EXPECT_TRUE(done(directory_->join_group(tenant_, alice.groups.front(), made->id))) << "it is there already";
}

TEST_P(Imports, WithoutKeysCannotLogOn) {
  EXPECT_THAT(import(list(imported("alice"))), ElementsAre("done"));
  EXPECT_TRUE(client({"alice"})->keys.empty());
  EXPECT_EQ(client({"alice"})->account.kvno, 0);
}

TEST_P(Imports, Rc4IsKeptWhereItIsAllowed) {
  WholeAccount alice = imported("alice", key(1, etype::rc4_hmac));
  alice.account.settings.flags.rc4 = true;
  EXPECT_THAT(import(list(std::move(alice))), ElementsAre("done"));
}

TEST_P(Imports, DryRunsChangeNothingAndTellAll) {
  user("bob");
  const auto both = [] { return list(imported("alice", key(1, 18)), imported("bob"), imported("Alice")); };
  const std::vector<std::string> told{"done", "already_exists", "already_exists"};
  EXPECT_EQ(import(both(), Import::dry_run), told);
  EXPECT_FALSE(is_there("alice"));
  EXPECT_EQ(import(both()), told);
  EXPECT_TRUE(is_there("alice"));
}

TEST_P(Imports, AreOfOneTenant) {
  const auto other = create_tenant("other");
  import(list(imported("alice", key(1, 18))));
  EXPECT_TRUE(refused(directory_->find_account(other.id, "alice"), Reason::not_found));
  const auto nowhere = directory_->import_accounts({}, list(imported("bob")), Import::for_good, now);
  ASSERT_TRUE(done(nowhere));
  EXPECT_TRUE(refused(nowhere->front(), Reason::not_found));
}

}  // namespace
}  // namespace ferryman::directory
