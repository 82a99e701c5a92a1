#include "directory/copy_database.h"
#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

constexpr std::uint16_t number = 40'000;  // whose kvno is negative as a signed integer

LongTermKey random_key() {
  const std::int32_t etype = kerberos::etype::aes256_sha1;
  return {etype, 0, {}, {}, Secret(crypto::Key::random(etype).octets())};
}

class Rodcs : public EachEngine {
 protected:
  ObjectId group(const std::string& name) {
    const auto made = directory_->create_group(tenant_, {.name = name});
    EXPECT_TRUE(done(made));
    return made ? made->id : ObjectId{};
  }
  Outcome<Rodc> add(std::uint16_t wanted = number, const RodcGroups& groups = {}) {
    return directory_->add_rodc(tenant_, wanted, key_, groups, now);
  }
  testing::AssertionResult has(Directory& directory, std::uint32_t version, const LongTermKey& key) {
    const auto found = directory.rodc_key(tenant_, number, version);
    if (!found) return done(found);
    const bool same = found->etype == key.etype && found->kvno == (std::uint32_t{number} << 16U | version) &&
                      equal_in_constant_time(found->key.bytes(), key.key.bytes());
    return same ? testing::AssertionSuccess() : testing::AssertionFailure() << "another key";
  }
  static std::vector<std::string> names(const std::vector<Group>& groups) {
    std::vector<std::string> names;
    for (const Group& each : groups) names.push_back(each.name);
    return names;
  }

  LongTermKey key_ = random_key();
};
FERRYMAN_ON_EACH_ENGINE(Rodcs);

using Names = std::vector<std::string>;

TEST_P(Rodcs, AreMadeWithTheirKeyAndGroups) {
  const auto made = add(number, {.allow = {group("b"), group("A")}, .deny = {group("c")}});
  ASSERT_TRUE(done(made));
  EXPECT_EQ(made->name(), "krbtgt_40000");
  EXPECT_EQ(made->version, 1U);
  EXPECT_EQ(made->kvno(), 0x9c400001U);
  EXPECT_EQ(made->created, now);
  EXPECT_EQ(made->key_changed, now);
  EXPECT_EQ(names(made->allowed), (Names{"A", "b"}));
  EXPECT_EQ(names(made->denied), Names{"c"});
  EXPECT_GE(made->allowed.front().rid, rid::first_allocated);
  EXPECT_TRUE(has(*directory_, 1, key_));
  EXPECT_TRUE(refused(add(), Reason::already_exists));
  EXPECT_TRUE(refused(add(0), Reason::invalid));
}

TEST_P(Rodcs, AreNotMadeByHalves) {
  EXPECT_TRUE(refused(add(number, {.allow = {ObjectId{random_guid()}}}), Reason::not_found));
  EXPECT_TRUE(refused(directory_->rodc(tenant_, number), Reason::not_found));
  EXPECT_TRUE(
      refused(directory_->add_rodc(TenantId{random_guid()}, number, key_, {}, now), Reason::not_found));
  key_.key.shrink(31);
  EXPECT_TRUE(refused(add(), Reason::invalid));
  key_ = {kerberos::etype::rc4_hmac, 0, {}, {}, Secret(16)};
  EXPECT_TRUE(refused(add(), Reason::invalid));
}

TEST_P(Rodcs, AreOfOneTenant) {
  ASSERT_TRUE(done(add()));
  const TenantId other = create_tenant("other").id;
  EXPECT_TRUE(refused(directory_->rodc(other, number), Reason::not_found));
  EXPECT_TRUE(refused(directory_->rodc_key(other, number, 1), Reason::not_found));
  EXPECT_TRUE(done(directory_->add_rodc(other, number, random_key(), {}, now)));
  EXPECT_TRUE(has(*directory_, 1, key_));
  EXPECT_TRUE(refused(directory_->change_rodc(other, number, {.allow = {group("mine")}}), Reason::not_found));
}

TEST_P(Rodcs, KeepTwoVersionsBehindThePresentOne) {
  ASSERT_TRUE(done(add()));
  std::vector<LongTermKey> keys;
  keys.push_back(key_.copy());
  for (int i = 0; i < 4; ++i) {
    keys.push_back(random_key());
    ASSERT_TRUE(done(directory_->set_rodc_key(tenant_, number, keys.back(), false, now + i)));
  }
  const Rodc rodc = *directory_->rodc(tenant_, number);
  EXPECT_EQ(rodc.version, 5U);
  EXPECT_EQ(rodc.created, now);
  EXPECT_EQ(rodc.key_changed, now + 3);
  for (const std::uint32_t version : {3U, 4U, 5U}) EXPECT_TRUE(has(*directory_, version, keys[version - 1]));
  for (const std::uint32_t version : {0U, 1U, 2U, 6U, 5U + 0x10000U})
    EXPECT_TRUE(refused(directory_->rodc_key(tenant_, number, version), Reason::not_found)) << version;
  ASSERT_TRUE(done(directory_->set_rodc_key(tenant_, number, random_key(), true, now)));
  EXPECT_TRUE(done(directory_->rodc_key(tenant_, number, 6)));
  EXPECT_TRUE(refused(directory_->rodc_key(tenant_, number, 5), Reason::not_found));
  EXPECT_TRUE(refused(directory_->set_rodc_key(tenant_, 7, random_key(), true, now), Reason::not_found));
}

TEST_P(Rodcs, HaveGroupsThatComeAndGo) {
  const ObjectId a = group("a"), b = group("b");
  ASSERT_TRUE(done(add(number, {.allow = {a}})));
  ASSERT_TRUE(done(directory_->change_rodc(tenant_, number, {.allow = {a, b}, .deny = {b}})));
  EXPECT_EQ(names(directory_->rodc(tenant_, number)->allowed), (Names{"a", "b"}));
  EXPECT_EQ(names(directory_->rodc(tenant_, number)->denied), Names{"b"}) << "one may be in both lists";
  ASSERT_TRUE(done(directory_->change_rodc(tenant_, number, {.remove_allow = {b}})));
  EXPECT_EQ(names(directory_->rodc(tenant_, number)->allowed), Names{"a"});
  const auto gone = directory_->change_rodc(tenant_, number, {.remove_allow = {a}, .remove_deny = {a}});
  ASSERT_TRUE(refused(gone, Reason::not_found));
  EXPECT_EQ(gone.error().text, "the group was not denied");
  EXPECT_EQ(names(directory_->rodc(tenant_, number)->allowed), Names{"a"}) << "all of it or nothing";
}

TEST_P(Rodcs, LoseAGroupThatIsRemovedButNotADeniedOne) {
  const ObjectId a = group("a"), b = group("b");
  ASSERT_TRUE(done(add(number, {.allow = {a}, .deny = {b}})));
  ASSERT_TRUE(done(directory_->remove_group(tenant_, a)));
  EXPECT_TRUE(directory_->rodc(tenant_, number)->allowed.empty());
  const auto refusal = directory_->remove_group(tenant_, b);
  ASSERT_TRUE(refused(refusal, Reason::invalid));
  EXPECT_EQ(refusal.error().text, "it is denied to the read-only domain controller 40000");
  ASSERT_TRUE(done(directory_->remove_rodc(tenant_, number)));
  EXPECT_TRUE(done(directory_->remove_group(tenant_, b)));
}

TEST_P(Rodcs, AreListedByNumber) {
  for (const std::uint16_t each : {65535, 9, 10, 1}) ASSERT_TRUE(done(add(each)));
  std::vector<int> numbers;
  PageRequest request{.limit = 3};
  do {
    const auto page = directory_->rodcs(tenant_, request);
    ASSERT_TRUE(done(page));
    for (const Rodc& each : page->items) numbers.push_back(each.number);
    request.after = page->next;
  } while (!request.after.empty());
  EXPECT_EQ(numbers, (std::vector<int>{1, 9, 10, 65535}));
}

TEST_P(Rodcs, GoWithTheirKeys) {
  ASSERT_TRUE(done(add(number, {.allow = {group("a")}})));
  ASSERT_TRUE(done(directory_->remove_rodc(tenant_, number)));
  EXPECT_TRUE(refused(directory_->rodc(tenant_, number), Reason::not_found));
  EXPECT_TRUE(refused(directory_->rodc_key(tenant_, number, 1), Reason::not_found));
  EXPECT_TRUE(refused(directory_->remove_rodc(tenant_, number), Reason::not_found));
  ASSERT_TRUE(done(add()));
  EXPECT_TRUE(directory_->rodc(tenant_, number)->allowed.empty());
}

TEST_P(Rodcs, GoWithTheirTenant) {
  const TenantId other = create_tenant("other").id;
  const auto staff = directory_->create_group(other, {.name = "staff"});
  ASSERT_TRUE(
      done(directory_->add_rodc(other, number, key_, {.allow = {staff->id}, .deny = {staff->id}}, now)));
  ASSERT_TRUE(done(add()));
  ASSERT_TRUE(done(directory_->remove_tenant(other)));
  EXPECT_TRUE(refused(directory_->rodc(other, number), Reason::not_found));
  EXPECT_TRUE(done(directory_->rodc(tenant_, number)));
  EXPECT_TRUE(directory_->check()->empty());
}

TEST_P(Rodcs, GoWithTheDatabaseUnderAnotherMasterKey) {
  std::vector<LongTermKey> keys;
  ASSERT_TRUE(done(add(7)));
  ASSERT_TRUE(done(add()));
  keys.push_back(random_key());
  ASSERT_TRUE(done(directory_->set_rodc_key(tenant_, number, keys.back(), false, now)));
  const TenantId other = create_tenant("other").id;
  ASSERT_TRUE(done(directory_->add_rodc(other, 1, random_key(), {}, now)));
  ASSERT_EQ(directory_->change_master_key(master_key(8)), true);
  directory_.reset();
  auto again = opened(master_key(8));
  ASSERT_TRUE(done(again));
  EXPECT_TRUE((*again)->check()->empty());
  EXPECT_TRUE(has(**again, 1, key_));
  EXPECT_TRUE(has(**again, 2, keys.back()));
  EXPECT_TRUE(done((*again)->rodc_key(tenant_, 7, 1)));
  EXPECT_TRUE(done((*again)->rodc_key(other, 1, 1)));
}

TEST_P(Rodcs, AreCopied) {
  ASSERT_TRUE(done(add(number, {.allow = {group("a")}, .deny = {group("b")}})));
  auto copy = open_database({.location = file("copy.db"), .create = true}, master_key());
  ASSERT_TRUE(done(copy));
  ASSERT_TRUE(done(copy_database(*directory_, **copy)));
  EXPECT_TRUE((*copy)->check()->empty());
  EXPECT_TRUE(has(**copy, 1, key_));
  EXPECT_EQ(names((*copy)->rodc(tenant_, number)->denied), Names{"b"});
}

// A row that was moved to another number, version or tenant opens nothing.
TEST_F(DirectoryTest, AKeyOfARodcIsNoOthers) {
  for (const std::uint16_t each : {7, 8})
    ASSERT_TRUE(done(directory_->add_rodc(tenant_, each, random_key(), {}, now)));
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(database,
                   "UPDATE rodc_keys SET sealed = (SELECT sealed FROM rodc_keys WHERE number = 7) WHERE "
                   "number = 8",
                   nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(database);
  EXPECT_TRUE(done(directory_->rodc_key(tenant_, 7, 1)));
  EXPECT_TRUE(refused(directory_->rodc_key(tenant_, 8, 1), Reason::damaged));
  const auto findings = directory_->check();
  ASSERT_EQ(findings->size(), 1U);
  EXPECT_NE(findings->front().find("read-only domain controller 8, key version 1"), std::string::npos);
}

}  // namespace
}  // namespace ferryman::directory
