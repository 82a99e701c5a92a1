#include "ad/sync_keys.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <optional>

#include "ad/sync_keys_test_tools.h"
#include "ad/sync_test_tools.h"

namespace ferryman::ad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string sid(std::uint32_t rid) {
  return made_up_domain().with_rid(rid).text();
}

// A domain whose entries change as they are told to.
class KeySyncTest : public testing::Test {
 protected:
  void add(std::uint32_t rid, Attributes more = {}) {
    people_[rid] = user_entry(rid, "u" + std::to_string(rid), std::move(more));
  }
  KeySync sync() {
    return {
        "DC=ad,DC=example,DC=test",
        UserReader(made_up_domain(), test_now),
        written_,
        [this](const Search& search, const Connection::Each& each) { return find(search, each); },
        [this](const KeyStep& step) { return apply(step); },
        [this](const KeyStep& step, const std::string& text) { told_.push_back(step.name + ": " + text); }};
  }
  // One that ends well.
  KeyCounts run(const std::vector<UserKeys>& users) {
    KeySync one = sync();
    EXPECT_TRUE(one.take(users));
    EXPECT_TRUE(one.finish());
    written_ = one.written();
    return one.counts();
  }
  const Values& values(std::uint32_t rid) { return people_[rid].all(key_link_attribute); }

  std::map<std::uint32_t, Entry> people_;
  WrittenKeys written_;
  std::optional<Reason> refusal_;
  std::vector<std::string> told_, asked_;
  std::size_t applied_ = 0;

 private:
  Outcome<void> find(const Search& search, const Connection::Each& each) {
    asked_.push_back(search.filter);
    for (const auto& [rid, entry] : people_)
      if (search.filter.find("(objectSid=" + sid(rid) + ")") != std::string::npos && !each(entry)) break;
    return {};
  }
  Outcome<void> apply(const KeyStep& step) {
    ++applied_;
    if (refusal_) return fail(*refusal_, "dc1 does not");
    const auto person = std::find_if(people_.begin(), people_.end(),
                                     [&](const auto& each) { return each.second.dn == step.dn; });
    Values& values = person->second.attributes[key_link_attribute];
    for (const Change& change : step.plan.changes) {
      if (change.kind == Change::Kind::add)
        values.insert(values.end(), change.values.begin(), change.values.end());
      else
        std::erase_if(values, [&](const std::string& value) {
          return std::find(change.values.begin(), change.values.end(), value) != change.values.end();
        });
    }
    return {};
  }
};

TEST_F(KeySyncTest, WritesOnceAndTakesAway) {
  add(1104);
  add(1105);
  const std::vector<UserKeys> users{{sid(1104), {made_up_key(1), made_up_key(2)}}, {sid(1105), {}}};
  KeyCounts counts = run(users);
  EXPECT_EQ(counts.written, 2U);
  EXPECT_EQ(values(1104).size(), 2U);
  EXPECT_THAT(asked_, ElementsAre(testing::Not(HasSubstr(sid(1105)))));
  EXPECT_EQ(run(users).written, 0U);
  EXPECT_EQ(applied_, 1U);

  counts = run({{sid(1104), {made_up_key(2)}}});
  EXPECT_EQ(counts.removed, 1U);
  EXPECT_EQ(written_.at(sid(1104)), KeyIds{made_up_key(2).id()});
  EXPECT_EQ(run({{sid(1104), {}}}).removed, 1U);
  EXPECT_THAT(values(1104), IsEmpty());
  EXPECT_THAT(written_, IsEmpty());
}

TEST_F(KeySyncTest, TakesAwayThoseOfUsersWhomTheRealmHasNoMore) {
  add(1104);
  run({{sid(1104), {made_up_key(1)}}});
  EXPECT_EQ(run({}).removed, 1U);
  EXPECT_THAT(values(1104), IsEmpty());
}

TEST_F(KeySyncTest, RemembersWhatItWroteForWhoIsNotFound) {
  add(1104);
  run({{sid(1104), {made_up_key(1)}}});
  const Entry kept = people_.at(1104);
  people_.clear();
  EXPECT_EQ(run({}).removed, 0U);
  people_[1104] = kept;
  EXPECT_EQ(run({}).removed, 1U) << "she has been restored";
}

TEST_F(KeySyncTest, AsksForSomeUsersAtATime) {
  std::vector<UserKeys> users;
  for (std::uint32_t rid = 2000; rid < 2120; ++rid) {
    add(rid);
    users.push_back({sid(rid), {made_up_key(static_cast<std::uint8_t>(rid))}});
  }
  EXPECT_EQ(run(users).written, 120U);
  EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(KeySyncTest, GoesOnWhereOneIsRefused) {
  add(1104);
  refusal_ = Reason::unwilling;
  EXPECT_EQ(run({{sid(1104), {made_up_key(1)}}}).refused, 1U);
  EXPECT_THAT(told_, ElementsAre("u1104: dc1 does not"));
  EXPECT_THAT(written_, IsEmpty());
  refusal_.reset();
  EXPECT_EQ(run({{sid(1104), {made_up_key(1)}}}).written, 1U);
  refusal_ = Reason::no_rights;
  EXPECT_EQ(run({}).forbidden, 1U);
  EXPECT_EQ(told_.size(), 1U) << "of that one is told at the end";
  EXPECT_EQ(written_.size(), 1U);
}

TEST_F(KeySyncTest, GivesUpWithoutRights) {
  std::vector<UserKeys> users;
  for (std::uint32_t rid = 2000; rid < 2120; ++rid) {
    add(rid);
    users.push_back({sid(rid), {made_up_key(1)}});
  }
  refusal_ = Reason::no_rights;
  const KeyCounts counts = run(users);
  EXPECT_EQ(counts.forbidden, KeySync::max_forbidden);
  EXPECT_EQ(counts.untried, users.size() - KeySync::max_forbidden);
  EXPECT_EQ(applied_, KeySync::max_forbidden);
}

TEST_F(KeySyncTest, GoesOnWhereItHasWrittenBefore) {
  add(1104);
  run({{sid(1104), {made_up_key(1)}}});
  std::vector<UserKeys> users{{sid(1104), {made_up_key(1)}}};
  for (std::uint32_t rid = 2000; rid < 2050; ++rid) {
    add(rid);
    users.push_back({sid(rid), {made_up_key(1)}});
  }
  refusal_ = Reason::no_rights;
  const KeyCounts counts = run(users);
  EXPECT_EQ(counts.forbidden, 50U);
  EXPECT_EQ(counts.untried, 0U);
}

TEST_F(KeySyncTest, EndsWhereTheDomainDoesNotAnswer) {
  add(1104);
  refusal_ = Reason::not_reachable;
  KeySync one = sync();
  EXPECT_EQ(one.take({{sid(1104), {made_up_key(1)}}}).error().reason, Reason::not_reachable);
  EXPECT_THAT(one.written(), IsEmpty());
}

TEST_F(KeySyncTest, LeavesWhoHasMoreThanIsShown) {
  add(1104, {{"msDS-KeyCredentialLink;range=0-1499", {key_link(made_up_key(7), "CN=u1104")}}});
  EXPECT_EQ(run({{sid(1104), {made_up_key(1)}}}).refused, 1U);
  EXPECT_EQ(applied_, 0U);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("too many")));
}

TEST_F(KeySyncTest, PassesOverWhatIsNoUserOfTheDomain) {
  EXPECT_EQ(run({{"x)(objectClass=*", {made_up_key(1)}}, {"S-1-5-21-9-9-9-1104", {made_up_key(1)}}}).written,
            0U);
  EXPECT_EQ(applied_, 0U);
}

}  // namespace
}  // namespace ferryman::ad
