#include "ad/user_reader.h"

#include <gtest/gtest.h>

#include "ad/sync_test_tools.h"

namespace ferryman::ad {
namespace {

const UserReader reader(made_up_domain(), test_now);

TEST(UserReader, ReadsAUser) {
  const auto user = reader.read(user_entry(
      1104, "alice", {{"userPrincipalName", {"alice@example.com"}}, {"displayName", {"Alice Liddell"}}}));
  ASSERT_TRUE(user);
  EXPECT_EQ(user->sid.text(), "S-1-5-21-1-2-3-1104");
  EXPECT_EQ(user->rid, 1104U);
  EXPECT_EQ(user->name, "alice");
  EXPECT_EQ(user->upn, "alice@example.com");
  EXPECT_EQ(user->display_name, "Alice Liddell");
  EXPECT_FALSE(user->disabled);
}

TEST(UserReader, KnowsWhoMayNotLogOn) {
  const auto disabled = [](Attributes more) {
    return reader.read(user_entry(1104, "alice", std::move(more)))->disabled;
  };
  const auto expires = [&](std::int64_t time) {
    return disabled({{"accountExpires", {std::to_string(time)}}});
  };
  EXPECT_TRUE(disabled({{"userAccountControl", {"514"}}}));
  EXPECT_FALSE(disabled({{"userAccountControl", {"66048"}}}));
  EXPECT_FALSE(expires(0));
  EXPECT_FALSE(expires(INT64_MAX));
  EXPECT_FALSE(expires(file_time_of(test_now + 1)));
  EXPECT_TRUE(expires(file_time_of(test_now)));
  EXPECT_TRUE(expires(file_time_of(test_now - 86400)));
  EXPECT_FALSE(disabled({{"accountExpires", {"soon"}}}));
}

TEST(UserReader, TakesNobodyWhoIsNoUser) {
  EXPECT_FALSE(reader.read(user_entry(501, "Guest")));
  EXPECT_FALSE(reader.read(user_entry(502, "someone")));
  EXPECT_FALSE(reader.read(user_entry(1105, "KRBTGT_622")));
  EXPECT_FALSE(reader.read(user_entry(1105, "PC$", {{"userAccountControl", {"4096"}}})));
  EXPECT_FALSE(reader.read(user_entry(1105, "OTHER$", {{"userAccountControl", {"2080"}}}))) << "a trust";
  EXPECT_FALSE(reader.read(user_entry(1105, "")));
  EXPECT_FALSE(reader.read(user_entry(1105, "alice", {{"objectSid", {}}})));
  EXPECT_FALSE(reader.read(user_entry(1105, "alice", {{"objectSid", {"S-1-5-21-1-2-3-1105"}}})));
  EXPECT_FALSE(reader.read(user_entry(1105, "alice", {{"userAccountControl", {}}}))) << "it may not be read";
  EXPECT_FALSE(reader.read(user_entry(1105, "al\xff")));
  EXPECT_FALSE(reader.read(user_entry(1105, "alice", {{"userPrincipalName", {"\xc3"}}})));
  const pac::Sid other = made_up_domain().with_rid(7).with_rid(1105);
  EXPECT_FALSE(reader.read(user_entry(1105, "alice", {{"objectSid", {octets_of(other)}}})));
  EXPECT_TRUE(reader.read(user_entry(500, "Administrator")));
}

TEST(UserReader, CutsALongDisplayNameBetweenCharacters) {
  std::string name = "x";
  while (name.size() < 2000) name += "\xc3\xa4";
  const auto user = reader.read(user_entry(1104, "alice", {{"displayName", {name}}}));
  EXPECT_EQ(user->display_name, name.substr(0, 1023));
  EXPECT_EQ(reader.read(user_entry(1104, "alice", {{"displayName", {"\xff"}}}))->display_name, "");
}

TEST(UserReader, FindsTheSidOfWhatIsLeftOfADeletedOne) {
  Entry entry;
  entry.attributes["objectSid"] = {octets_of(made_up_domain().with_rid(1104))};
  EXPECT_EQ(reader.read_sid(entry)->text(), "S-1-5-21-1-2-3-1104");
  EXPECT_FALSE(reader.read(entry));
  EXPECT_FALSE(reader.read_member(entry));
}

}  // namespace
}  // namespace ferryman::ad
