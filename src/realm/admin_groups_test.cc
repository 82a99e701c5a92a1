#include <gmock/gmock.h>

#include <algorithm>

#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using AdminGroups = AdministrationTest;

TEST_F(AdminGroups, AreAddedShownSetAndRemoved) {
  const Json staff = do_it("group.add", {{"name", "staff"}, {"gid", 3000}});
  EXPECT_EQ(staff["gid"], 3000);
  EXPECT_EQ(staff["key_required"], false);
  EXPECT_THAT(staff["sid"].get<std::string>(), StartsWith("S-1-5-21-"));
  EXPECT_EQ(do_it("group.set", {{"name", "STAFF"}, {"key_required", true}})["key_required"], true);
  const Json shown = do_it("group.show", {{"name", "staff"}});
  EXPECT_EQ(shown["key_required"], true);
  EXPECT_EQ(shown["members"], Json::array());
  EXPECT_EQ(shown["next"], "");
  EXPECT_EQ(do_it("group.remove", {{"name", "staff"}}).at("name"), "staff");
  EXPECT_THAT(refused("group.show", {{"name", "staff"}}),
              StartsWith("not_found There is no group staff in the tenant example."));
  EXPECT_THAT(event_ids(), ElementsAre(4727, 4737, 4730));
}

TEST_F(AdminGroups, AreListed) {
  do_it("group.add", {{"name", "staff"}});
  const Json first = do_it("group.list", {{"limit", 2}});
  EXPECT_EQ(first["groups"][0]["name"], "Domain Computers");
  const Json rest = do_it("group.list", {{"after", first["next"]}});
  ASSERT_EQ(rest["groups"].size(), 1U);
  EXPECT_EQ(rest["groups"][0]["name"], "staff");
}

TEST_F(AdminGroups, HaveUsersAndComputersAsMembers) {
  do_it("group.add", {{"name", "staff"}});
  do_it("user.add", {{"name", "alice"}, {"upns", {"a@x.test"}}});
  do_it("service.add", {{"name", "WEB$"}});
  do_it("group.join", {{"group", "staff"}, {"account", "a@x.test"}});
  EXPECT_EQ(last_event()["object"], "staff");
  EXPECT_EQ(last_event()["member"], "a@x.test");
  do_it("group.join", {{"group", "staff"}, {"account", "WEB$"}});
  Json members = do_it("group.show", {{"name", "staff"}})["members"];
  std::sort(members.begin(), members.end());
  EXPECT_EQ(members, (Json{"WEB$", "alice"}));
  do_it("group.leave", {{"group", "staff"}, {"account", "alice"}});
  EXPECT_EQ(do_it("group.show", {{"name", "staff"}})["members"], Json{"WEB$"});
  EXPECT_THAT(refused("group.leave", {{"group", "staff"}, {"account", "alice"}}),
              StartsWith("not_found alice is no member of staff."));
  EXPECT_THAT(refused("group.join", {{"group", "staff"}, {"account", "bob"}}),
              StartsWith("not_found There is no account bob"));
  EXPECT_THAT(refused("group.join", {{"group", "staff"}, {"account", "krbtgt/EXAMPLE.COM"}}),
              StartsWith("not_found There is no user or service krbtgt/EXAMPLE.COM"));
  EXPECT_THAT(refused("group.join", {{"group", "others"}, {"account", "alice"}}),
              StartsWith("not_found There is no group others"));
  EXPECT_THAT(event_ids(), ElementsAre(4727, 4720, 4741, 4728, 4728, 4729, 4729, 4728, 4728, 4728));
}

TEST_F(AdminGroups, ThatATenantIsMadeWithStay) {
  EXPECT_THAT(refused("group.remove", {{"name", "Domain Users"}}), StartsWith("invalid The group Domain"));
  EXPECT_THAT(refused("group.add", {{"name", "domain users"}}), StartsWith("already_exists"));
  EXPECT_THAT(refused("group.add", {{"name", "g"}, {"gid", 5}}), StartsWith("invalid "));
  do_it("group.add", {{"name", "g"}, {"gid", 6000}});
  EXPECT_THAT(refused("group.add", {{"name", "h"}, {"gid", 6000}}),
              HasSubstr("\"g\" has the gid 6000 already"));
}

}  // namespace
}  // namespace ferryman::realm
