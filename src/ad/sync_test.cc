#include "ad/sync.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "ad/sync_test_tools.h"

namespace ferryman::ad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using TakenAs = UserSink::Taken::Outcome;
using Way = SyncPlan::Way;

std::string sid(std::uint32_t rid) {
  return made_up_domain().with_rid(rid).text();
}

// A domain controller that knows just the filters that are asked here.
struct FakeDomain {
  struct Person {
    Entry entry;
    std::int64_t usn = 1;
    bool deleted = false, in_gate = true;
  };
  std::map<std::uint32_t, Person> people;
  std::vector<std::string> asked;  // filters
  std::set<std::uint32_t> shown;   // of whom more than what is compared was read
  std::string fails_at;            // a piece of a filter

  void add(std::uint32_t rid, const std::string& name, Attributes more = {}, std::int64_t usn = 1) {
    people[rid] = {user_entry(rid, name, std::move(more)), usn};
  }

  static std::int64_t number_behind(const std::string& filter, const std::string& word) {
    const auto at = filter.find(word);
    return at == std::string::npos ? 0 : std::stoll(filter.substr(at + word.size()));
  }
  static bool matches(const std::string& filter, std::uint32_t rid, const Person& person) {
    if (person.deleted != (filter.find("(isDeleted=TRUE)") != std::string::npos)) return false;
    if (filter.find("(gate=1)") != std::string::npos && !person.in_gate) return false;
    if (person.usn < number_behind(filter, "(uSNChanged>=")) return false;
    return filter.find("(objectSid=") == std::string::npos ||
           filter.find("(objectSid=" + sid(rid) + ")") != std::string::npos;
  }
  Outcome<void> search(const Search& search, const Connection::Each& each) {
    asked.push_back(search.filter);
    if (!fails_at.empty() && search.filter.find(fails_at) != std::string::npos)
      return fail(Reason::not_reachable, "dc1 does not answer");
    for (const auto& [rid, person] : people) {
      if (!matches(search.filter, rid, person)) continue;
      if (search.attributes == UserReader::attributes()) shown.insert(rid);
      if (!each(person.entry)) return {};
    }
    return {};
  }
};

struct FakeRealm : UserSink {
  std::map<std::string, bool> users;         // by SID: disabled
  std::map<std::string, std::string> names;  // taken by whom: name, SID
  std::vector<std::size_t> batches;          // sizes
  std::vector<std::string> disables, told;
  std::size_t most_octets = 0;
  bool answers = true;

  std::optional<std::vector<Taken>> upsert(const std::vector<User>& wanted) override {
    if (!answers) return std::nullopt;
    batches.push_back(wanted.size());
    std::vector<Taken> taken;
    std::size_t octets = 0;
    for (const User& user : wanted) {
      taken.push_back(one(user));
      octets += user.name.size() + user.upn.size() + user.display_name.size();
    }
    most_octets = std::max(most_octets, octets);
    return taken;
  }
  Taken one(const User& user) {
    const std::string text = user.sid.text();
    const auto owner = names.find(user.name);
    if (owner != names.end() && owner->second != text) return {TakenAs::refused, user.name + " is there"};
    std::erase_if(names, [&](const auto& each) { return each.second == text; });
    names[user.name] = text;
    const auto found = users.find(text);
    const bool is_same = found != users.end() && found->second == user.disabled;
    const bool is_new = found == users.end();
    users[text] = user.disabled;
    return {is_new ? TakenAs::added : is_same ? TakenAs::same : TakenAs::changed};
  }
  std::optional<std::vector<Taken>> disable(const std::vector<std::string>& sids) override {
    std::vector<Taken> taken;
    for (const std::string& each : sids) {
      disables.push_back(each);
      const auto found = users.find(each);
      taken.push_back({found == users.end() ? TakenAs::absent : TakenAs::disabled});
      if (found != users.end()) found->second = true;
    }
    return taken;
  }
  bool each_user(const EachUser& each) override {
    for (const auto& [text, disabled] : users) each(text, disabled);
    return answers;
  }
  void refused(const std::string&, const std::string& name, const std::string& text) override {
    told.push_back(name + ": " + text);
  }
};

class SyncTest : public testing::Test {
 protected:
  Sync run(Way way, const std::string& gate = "", std::vector<std::string> refused = {}) {
    SyncJob job{"DC=ad,DC=example,DC=test", made_up_domain(), gate, {way, ""}, std::nullopt, most_, test_now};
    if (way != Way::full)
      job.before = SyncState{"dc1", "id", 100, test_now - 900, test_now - 3600, "", {}, std::move(refused)};
    Sync sync(
        [this](const Search& search, const Connection::Each& each) { return domain_.search(search, each); },
        realm_, std::move(job));
    done_ = sync.run();
    return sync;
  }

  FakeDomain domain_;
  FakeRealm realm_;
  std::optional<std::size_t> most_;
  Outcome<void> done_;
};

TEST_F(SyncTest, TakesEverybodyTheFirstTime) {
  domain_.add(500, "Administrator");
  domain_.add(501, "Guest");
  domain_.add(1104, "alice");
  domain_.add(1105, "bob", {{"userAccountControl", {"514"}}});
  const Sync sync = run(Way::full);
  EXPECT_TRUE(done_);
  EXPECT_EQ(sync.counts().read, 3U);
  EXPECT_EQ(sync.counts().passed_over, 1U);
  EXPECT_EQ(sync.counts().added, 3U);
  EXPECT_THAT(realm_.users, UnorderedElementsAre(std::pair(sid(500), false), std::pair(sid(1104), false),
                                                 std::pair(sid(1105), true)));
}

TEST_F(SyncTest, DisablesWhoIsNotFoundWhereEverythingIsRead) {
  domain_.add(1104, "alice");
  realm_.users = {{sid(1104), false}, {sid(1105), false}, {sid(1106), true}, {"S-1-5-21-9-9-9-1104", false}};
  const Sync sync = run(Way::full);
  EXPECT_TRUE(done_);
  EXPECT_THAT(realm_.disables, UnorderedElementsAre(sid(1105), "S-1-5-21-9-9-9-1104"));
  EXPECT_EQ(sync.counts().disabled, 2U);
  EXPECT_EQ(sync.counts().same, 1U);
}

TEST_F(SyncTest, ReadsOnlyWhatHasChanged) {
  domain_.add(1104, "alice", {}, 50);
  domain_.add(1105, "bob", {}, 101);
  domain_.add(1106, "carol", {}, 120);
  domain_.people[1106].deleted = true;
  domain_.add(1107, "dave", {}, 90);
  domain_.people[1107].deleted = true;
  realm_.users = {{sid(1104), false}, {sid(1106), false}, {sid(1107), true}};
  const Sync sync = run(Way::changes);
  EXPECT_TRUE(done_);
  EXPECT_EQ(sync.counts().read, 1U);
  EXPECT_EQ(sync.counts().added, 1U);
  EXPECT_THAT(realm_.disables, ElementsAre(sid(1106)));
}

TEST_F(SyncTest, FindsWhoCameThroughTheGateAndWhoWent) {
  domain_.add(1104, "alice", {}, 50);  // has come; nothing of her has changed
  domain_.add(1105, "bob", {}, 50);    // has gone
  domain_.people[1105].in_gate = false;
  domain_.add(1106, "carol", {}, 50);                                 // is in as before
  domain_.add(1107, "dave", {}, 101);                                 // is in, and has changed
  domain_.add(1108, "erin", {}, 50);                                  // has come back
  domain_.add(1109, "frank", {{"userAccountControl", {"514"}}}, 50);  // is in, disabled in the domain
  realm_.users = {
      {sid(1105), false}, {sid(1106), false}, {sid(1107), false}, {sid(1108), true}, {sid(1109), true}};
  const Sync sync = run(Way::comparison, "(gate=1)");
  EXPECT_TRUE(done_);
  EXPECT_THAT(domain_.shown, ElementsAre(1104, 1107, 1108));
  EXPECT_THAT(realm_.disables, ElementsAre(sid(1105)));
  EXPECT_FALSE(realm_.users[sid(1108)]);
  EXPECT_EQ(sync.counts().read, 3U);
  EXPECT_EQ(sync.counts().added, 1U);
}

TEST_F(SyncTest, ReadsNobodyTwice) {
  domain_.add(1104, "alice", {}, 200);
  const Sync sync = run(Way::comparison, "(gate=1)");
  EXPECT_EQ(sync.counts().read, 1U);
  EXPECT_EQ(sync.counts().added, 1U);
  EXPECT_EQ(sync.counts().same, 0U);
}

TEST_F(SyncTest, TellsWhoIsRefusedAndTriesAgainTheNextTime) {
  domain_.add(1104, "alice");
  realm_.names["alice"] = "somebody else";
  const Sync sync = run(Way::full);
  EXPECT_TRUE(done_) << "it is no failure";
  EXPECT_EQ(sync.counts().refused, 1U);
  EXPECT_THAT(realm_.told, ElementsAre("alice: alice is there"));
  EXPECT_THAT(sync.refused(), ElementsAre(sid(1104)));
  EXPECT_FALSE(sync.needs_full());
  EXPECT_THAT(run(Way::changes, "", sync.refused()).refused(), ElementsAre(sid(1104)));
  realm_.names.clear();
  const Sync again = run(Way::changes, "", sync.refused());
  EXPECT_THAT(again.refused(), IsEmpty());
  EXPECT_EQ(again.counts().added, 1U);
}

TEST_F(SyncTest, ARefusedUserWhoIsGoneIsForgotten) {
  EXPECT_THAT(run(Way::changes, "", {sid(1104), "nonsense"}).refused(), IsEmpty());
  EXPECT_TRUE(done_);
}

TEST_F(SyncTest, NamesThatMoveOnFindTheirPlace) {
  realm_.users = {{sid(1104), false}, {sid(1105), false}};
  realm_.names = {{"a", sid(1104)}, {"b", sid(1105)}};
  domain_.add(1104, "b");
  domain_.add(1105, "c");
  const Sync sync = run(Way::full);
  EXPECT_EQ(sync.counts().refused, 0U);
  EXPECT_THAT(realm_.told, IsEmpty());
  EXPECT_EQ(realm_.names["b"], sid(1104));
}

TEST_F(SyncTest, MoreRefusedUsersThanAreRememberedTakeAFullOne) {
  for (std::uint32_t rid = 2000; rid < 2000 + max_refused + 10; ++rid) {
    domain_.add(rid, "u" + std::to_string(rid));
    realm_.names["u" + std::to_string(rid)] = "somebody else";
  }
  const Sync sync = run(Way::full);
  EXPECT_EQ(sync.counts().refused, max_refused + 10);
  EXPECT_EQ(sync.refused().size(), max_refused);
  EXPECT_TRUE(sync.needs_full());
}

TEST_F(SyncTest, DoesNotDisableWhatCouldBeAMistake) {
  for (std::uint32_t rid = 2000; rid < 2100; ++rid) {
    realm_.users[sid(rid)] = false;
    if (rid >= 2026) domain_.add(rid, "u" + std::to_string(rid));
  }
  run(Way::full);
  ASSERT_FALSE(done_);
  EXPECT_EQ(done_.error().text, "26 of 100 users would be disabled, as they are not found any more");
  EXPECT_THAT(done_.error().next, HasSubstr("--max-disable 26"));
  EXPECT_THAT(realm_.disables, IsEmpty());
  most_ = 26;
  run(Way::full);
  EXPECT_TRUE(done_);
  EXPECT_EQ(realm_.disables.size(), 26U);
}

TEST_F(SyncTest, EndsWithWhatFails) {
  domain_.add(1104, "alice");
  domain_.fails_at = "(isDeleted=TRUE)";
  run(Way::changes);
  EXPECT_EQ(done_.error().text, "dc1 does not answer");
  domain_.fails_at = "(uSNChanged";
  run(Way::comparison);
  EXPECT_EQ(done_.error().text, "dc1 does not answer");
  domain_.fails_at.clear();
  realm_.answers = false;
  for (const Way way : {Way::full, Way::changes, Way::comparison}) {
    domain_.people[1104].usn = 200;
    run(way);
    ASSERT_FALSE(done_);
    EXPECT_EQ(done_.error().text, "") << "the realm's silence has been told";
  }
}

TEST_F(SyncTest, BatchesFitIntoAMessage) {
  for (std::uint32_t rid = 2000; rid < 2400; ++rid)
    domain_.add(rid, "u" + std::to_string(rid),
                {{"displayName", {std::string(1000, 'x')}}, {"userPrincipalName", {std::string(1000, 'y')}}});
  run(Way::full);
  EXPECT_TRUE(done_);
  EXPECT_LE(realm_.most_octets, 128U * 1024);
  EXPECT_EQ(realm_.users.size(), 400U);
}

// What is made up by the page and kept by nobody.
TEST(SyncStream, AHundredThousandUsersAreReadInBatches) {
  constexpr std::uint32_t count = 100'000;
  struct Counting : UserSink {
    std::size_t calls = 0, users = 0, largest = 0;
    std::optional<std::vector<Taken>> upsert(const std::vector<User>& wanted) override {
      ++calls;
      users += wanted.size();
      largest = std::max(largest, wanted.size());
      return std::vector<Taken>(wanted.size(), Taken{TakenAs::added});
    }
    std::optional<std::vector<Taken>> disable(const std::vector<std::string>& sids) override {
      return std::vector<Taken>(sids.size(), Taken{TakenAs::absent});
    }
    bool each_user(const EachUser&) override { return true; }
    void refused(const std::string&, const std::string&, const std::string&) override {}
  } realm;
  std::size_t searches = 0;
  const auto source = [&](const Search&, const Connection::Each& each) -> Outcome<void> {
    if (++searches > 1) return {};
    for (std::uint32_t rid = 2000; rid < 2000 + count; ++rid)
      if (!each(user_entry(rid, "u" + std::to_string(rid)))) return {};
    return {};
  };
  Sync sync(source, realm,
            {"DC=x", made_up_domain(), "", {Way::full, ""}, std::nullopt, std::nullopt, test_now});
  EXPECT_TRUE(sync.run());
  EXPECT_EQ(sync.counts().read, count);
  EXPECT_EQ(sync.counts().added, count);
  EXPECT_EQ(realm.users, count);
  EXPECT_EQ(realm.largest, 256U);
  EXPECT_EQ(realm.calls, (count + 255) / 256);
  EXPECT_EQ(searches, 1U);
}

}  // namespace
}  // namespace ferryman::ad
