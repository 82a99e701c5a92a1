#include <gmock/gmock.h>

#include "base/base64.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string domain = "ad.example.com", domain_sid = "S-1-5-21-9-8-7";

class AdminAd : public AdministrationTest {
 protected:
  static Json link(int version = 1) {
    return {{"domain", domain},     {"realm", "AD.EXAMPLE.COM"},
            {"netbios_name", "AD"}, {"domain_sid", domain_sid},
            {"number", 24125},      {"version", version},
            {"etype", 18},          {"key", base64_of(Octets(32, 0x5a))}};
  }
  static Json user(const std::string& name, const std::string& rid, Json more = Json::object()) {
    Json user{{"sid", domain_sid + "-" + rid}, {"name", name}, {"upn", name + "@corp.example"}};
    user.update(more);
    return user;
  }
  // What has come of one.
  Json upsert(const Json& user) {
    return do_it("ad.upsert", {{"domain", domain}, {"users", Json::array({user})}})["outcomes"][0];
  }
  std::string outcome(const Json& user) { return upsert(user)["outcome"]; }
  Json shown(const std::string& name) { return do_it("user.show", {{"name", name}}); }
};

TEST_F(AdminAd, IsLinkedRotatedShownAndUnlinked) {
  EXPECT_EQ(do_it("ad.show")["links"], Json::array());
  const Json made = do_it("ad.link", link());
  EXPECT_EQ(made["kvno"], (24125 << 16) + 1);
  EXPECT_EQ(made.contains("key"), false);
  EXPECT_EQ(last_event()["event_id"], 4739);
  EXPECT_EQ(last_event()["object"], domain);
  EXPECT_EQ(do_it("ad.link", link(2))["key_version"], 2);
  const Json links = do_it("ad.show", {{"domain", "AD.example.com"}})["links"];
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0]["netbios_name"], "AD");
  EXPECT_EQ(do_it("ad.unlink", {{"domain", domain}})["domain"], domain);
  EXPECT_THAT(refused("ad.unlink", {{"domain", domain}}), StartsWith("not_found"));
  EXPECT_THAT(refused("ad.show", {{"domain", domain}}), StartsWith("not_found"));
  EXPECT_THAT(log_text(), Not(HasSubstr(base64_of(Octets(32, 0x5a)))));
}

TEST_F(AdminAd, RefusesWhatIsNoLink) {
  const auto with = [this](const char* member, const Json& value) {
    Json wrong = link();
    wrong[member] = value;
    return refused("ad.link", wrong);
  };
  EXPECT_THAT(with("key", "not base64!"), StartsWith("invalid"));
  EXPECT_THAT(with("key", base64_of(Octets(16, 1))), StartsWith("invalid"));
  EXPECT_THAT(with("number", 40000), HasSubstr("32767"));
  EXPECT_THAT(with("number", 0), StartsWith("invalid"));
  EXPECT_THAT(with("version", 70000), StartsWith("invalid"));
  EXPECT_THAT(with("domain", "a b"), StartsWith("invalid"));
  EXPECT_THAT(with("more", 1), StartsWith("invalid"));
  EXPECT_EQ(do_it("ad.show")["links"], Json::array());
}

TEST_F(AdminAd, TakesUsersOver) {
  EXPECT_EQ(outcome(user("alice", "1104", {{"display_name", "Alice"}})), "added");
  EXPECT_EQ(last_event()["event_id"], 4720);
  EXPECT_EQ(shown("alice@corp.example")["on_premises"]["sid"], domain_sid + "-1104");
  EXPECT_EQ(shown("alice")["display_name"], "Alice");
  const std::size_t events_before = events().size();
  EXPECT_EQ(outcome(user("alice", "1104", {{"display_name", "Alice"}})), "same");
  EXPECT_EQ(events().size(), events_before) << "nothing was done";
  EXPECT_EQ(outcome(user("alice", "1104", {{"display_name", "Alice B."}})), "changed");
  EXPECT_EQ(shown("alice")["display_name"], "Alice B.");
}

TEST_F(AdminAd, FollowsANewName) {
  upsert(user("alice", "1104"));
  do_it("user.set", {{"name", "alice"}, {"add_upns", {"al@own.example"}}});
  EXPECT_EQ(outcome(user("alicia", "1104")), "changed");
  const Json now = shown("alicia");
  EXPECT_EQ(now["upns"], (Json{"al@own.example", "alicia@corp.example"}));
  EXPECT_EQ(now["on_premises"]["name"], "alicia");
  EXPECT_THAT(refused("user.show", {{"name", "alice@corp.example"}}), StartsWith("not_found"));
}

TEST_F(AdminAd, DisablesAndEnablesOnlyWhatItDisabled) {
  upsert(user("alice", "1104"));
  EXPECT_EQ(outcome(user("alice", "1104", {{"disabled", true}})), "changed");
  EXPECT_EQ(shown("alice")["disabled"], true);
  EXPECT_EQ(outcome(user("alice", "1104")), "changed");
  EXPECT_EQ(shown("alice")["disabled"], false);
  do_it("user.disable", {{"name", "alice"}});
  EXPECT_EQ(outcome(user("alice", "1104")), "same") << "an administrator has disabled her";
  EXPECT_EQ(shown("alice")["disabled"], true);
}

TEST_F(AdminAd, DisablesWhoDisappeared) {
  upsert(user("alice", "1104"));
  const Json asked{{"domain", domain}, {"sids", {domain_sid + "-1104", domain_sid + "-1105"}}};
  const Json outcomes = do_it("ad.disable", asked)["outcomes"];
  EXPECT_EQ(outcomes[0]["outcome"], "disabled");
  EXPECT_EQ(outcomes[1]["outcome"], "absent");
  EXPECT_EQ(shown("alice")["disabled"], true);
  EXPECT_EQ(do_it("ad.disable", asked)["outcomes"][0]["outcome"], "same");
  EXPECT_EQ(outcome(user("alice", "1104")), "changed") << "she is there again";
  EXPECT_EQ(shown("alice")["disabled"], false);
}

TEST_F(AdminAd, MatchesByUpnAndNeverByNameAlone) {
  do_it("user.add", {{"name", "bob"}});
  const Json refusal = upsert(user("bob", "1105"));
  EXPECT_EQ(refusal["outcome"], "refused");
  EXPECT_EQ(refusal["reason"], "already_exists");
  do_it("user.set", {{"name", "bob"}, {"add_upns", {"bob@corp.example"}}});
  EXPECT_EQ(outcome(user("bob", "1105")), "matched");
  EXPECT_EQ(shown("bob")["on_premises"]["name"], "bob");
  EXPECT_EQ(upsert(user("robert", "1106", {{"upn", "bob@corp.example"}}))["reason"], "already_exists")
      << "the domain has given the UPN to two";
}

TEST_F(AdminAd, ListsThemAndBoundsWhatItTakes) {
  for (int i = 0; i < 3; ++i) upsert(user("u" + std::to_string(i), std::to_string(1200 + i)));
  const Json page = do_it("ad.users", {{"domain", domain}, {"limit", 2}});
  EXPECT_EQ(page["users"].size(), 2U);
  EXPECT_EQ(do_it("ad.users", {{"domain", domain}, {"after", page["next"]}})["users"].size(), 1U);
  EXPECT_THAT(refused("ad.upsert", {{"domain", domain}, {"users", Json(257, user("a", "1"))}}),
              HasSubstr("256"));
  EXPECT_EQ(upsert({{"sid", "x"}})["outcome"], "refused");
  EXPECT_EQ(upsert(user("c", "1300", {{"more", 1}}))["outcome"], "refused");
}

}  // namespace
}  // namespace ferryman::realm
