#include "realm/administration.h"

#include <gmock/gmock.h>

#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(AdministrationTest, TellsItsStatus) {
  create_tenant("second");
  do_it("user.list");
  const Json status = do_it("status");
  EXPECT_EQ(status["realm"], "EXAMPLE.COM");
  EXPECT_EQ(status["default_tenant"], "example");
  EXPECT_EQ(status["tenants"], (Json{"example", "second"}));
  EXPECT_EQ(status["pid"], ::getpid());
  EXPECT_EQ(status["admin"], 2);
}

TEST_F(AdministrationTest, UnderstandsItsCommandsOnly) {
  EXPECT_THAT(refused("user.frobnicate"), StartsWith("not_understood There is no command user.frobnicate"));
  EXPECT_THAT(refused(""), StartsWith("not_understood"));
  EXPECT_THAT(refused("user.\x1b[31m"), HasSubstr("\\x1b"));
  EXPECT_TRUE(events().empty());
}

TEST_F(AdministrationTest, RefusesWhatACommandDoesNotKnow) {
  for (const char* command : {"status", "events", "user.add", "user.list", "user.set", "group.show",
                              "service.find", "service.set", "service.keytab"}) {
    const std::string text = refused(command, {{"name", "x"}, {"spn", "x"}, {"colour", "red"}});
    EXPECT_THAT(text, StartsWith("invalid ")) << command;
  }
  EXPECT_THAT(refused("user.show", {{"name", "alice"}, {"colour", 1}}), HasSubstr("colour"));
}

TEST_F(AdministrationTest, RefusesArgumentsOfAnotherTypeOrRange) {
  EXPECT_THAT(refused("user.show"), HasSubstr("name is missing"));
  EXPECT_THAT(refused("user.show", {{"name", 7}}), HasSubstr("name is a text"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"disabled", 1}}), HasSubstr("true or false"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"upns", "a@b"}}), HasSubstr("list of texts"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"upns", {1}}}), HasSubstr("list of texts"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"expires", "soon"}}), HasSubstr("expires is a number"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"expires", -1}}), HasSubstr("expires is a number"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"expires", 1.5}}), HasSubstr("expires is a number"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"expires", UINT64_MAX}}), HasSubstr("is a number"));
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"uid", 999}}), HasSubstr("uid is a number from 1000"));
  EXPECT_THAT(refused("user.list", {{"limit", 0}}), HasSubstr("limit is a number from 1 to 1000"));
  EXPECT_THAT(refused("events", {{"after", -1}}), HasSubstr("after is a number"));
  EXPECT_THAT(refused("user.show", {{"name", "a"}}), StartsWith("not_found"));
}

TEST_F(AdministrationTest, TakesATenantByAnyOfItsNames) {
  const auto second = create_tenant("second");
  do_it("user.add", {{"name", "carol"}}, "second");
  for (const std::string& name : {std::string("second"), std::string("SECOND.test"), second.id.text()})
    EXPECT_EQ(do_it("user.show", {{"name", "carol"}}, name)["name"], "carol");
  EXPECT_THAT(refused("user.show", {{"name", "carol"}}),
              StartsWith("not_found There is no user carol in the tenant example."));
  EXPECT_THAT(refused("user.show", {{"name", "carol@EXAMPLE.COM"}}),
              HasSubstr("Leave off @EXAMPLE.COM, its realm."));
  EXPECT_EQ(refused("user.add", {{"name", "carol"}}, "third"), "not_found There is no tenant third.");
  EXPECT_EQ(last_event()["tenant"], "third");
  EXPECT_EQ(last_event()["result"], "failure");
}

TEST_F(AdministrationTest, MakesAnEventOfEachChange) {
  do_it("user.add", {{"name", "alice"}, {"password", good_password}});
  do_it("user.list");
  do_it("user.show", {{"name", "ALICE"}});
  do_it("user.disable", {{"name", "ALICE"}});
  const Json event = last_event();
  EXPECT_EQ(event["event_id"], 4725);
  EXPECT_EQ(event["action"], "user.disable");
  EXPECT_EQ(event["object"], "alice");
  EXPECT_EQ(event["tenant"], "example");
  EXPECT_EQ(event["uid"], caller.uid);
  EXPECT_EQ(event["result"], "success");
  EXPECT_FALSE(event.contains("reason"));
  do_it("user.enable", {{"name", "alice"}});
  do_it("user.unlock", {{"name", "alice"}});
  do_it("user.password", {{"name", "alice"}, {"password", other_password}});
  do_it("user.set", {{"name", "alice"}, {"new_name", "al"}});
  EXPECT_EQ(last_event()["new_name"], "al");
  do_it("user.set", {{"name", "al"}, {"disabled", true}, {"display_name", "Al"}});
  EXPECT_EQ(last_event()["changed"], "disabled,display_name");
  do_it("user.remove", {{"name", "al"}});
  EXPECT_THAT(event_ids(), ElementsAre(4720, 4725, 4722, 4767, 4724, 4781, 4738, 4725, 4726));
}

TEST_F(AdministrationTest, MakesAnEventOfEachFailure) {
  EXPECT_THAT(refused("user.remove", {{"name", "bob"}}), StartsWith("not_found"));
  const Json event = last_event();
  EXPECT_EQ(event["event_id"], 4726);
  EXPECT_EQ(event["object"], "bob");
  EXPECT_EQ(event["result"], "failure");
  EXPECT_EQ(event["reason"], "not_found");
  EXPECT_EQ(event["text"], "There is no user bob in the tenant example.");
  EXPECT_THAT(refused("user.add", {{"name", "x"}, {"password", "short"}}), StartsWith("weak_password"));
  EXPECT_EQ(last_event()["reason"], "weak_password");
}

TEST_F(AdministrationTest, TellsWhatWasDoneBeforeAFailure) {
  do_it("user.add", {{"name", "alice"}});
  do_it("user.add", {{"name", "bob"}, {"upns", {"b@x.test"}}});
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"new_name", "al"}, {"add_upns", {"b@x.test"}}}),
              StartsWith("already_exists"));
  const auto all = events();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[2]["event_id"], 4781);
  EXPECT_EQ(all[2]["result"], "success");
  EXPECT_EQ(all[3]["event_id"], 4738);
  EXPECT_EQ(all[3]["result"], "failure");
}

TEST_F(AdministrationTest, KeepsSecretsOutOfLogAndHistory) {
  do_it("user.add", {{"name", "alice"}, {"password", good_password}});
  do_it("user.password", {{"name", "alice"}, {"password", other_password}});
  EXPECT_THAT(refused("user.password", {{"name", "alice"}, {"password", "hunter2"}}),
              StartsWith("weak_password"));
  EXPECT_THAT(refused("user.password", {{"name", "nobody"}, {"password", "hunter2"}}),
              StartsWith("not_found"));
  do_it("service.add", {{"name", "WEB$"}});
  const std::string keytab = do_it("service.keytab", {{"name", "WEB$"}})["keytab"];
  const std::string history = Json(events()).dump(), log = log_text();
  for (const std::string& text : {history, log}) {
    EXPECT_THAT(text, HasSubstr("user.password"));
    EXPECT_THAT(text, HasSubstr("service.keytab"));
    for (const std::string& secret : {good_password, other_password, std::string("hunter2"), keytab})
      EXPECT_EQ(text.find(secret), text.npos);
  }
}

TEST_F(AdministrationTest, WritesEventsToTheLog) {
  do_it("group.add", {{"name", "staff"}});
  const std::string log = log_text();
  for (const char* part : {R"("message":"administration")", R"("event_id":4727)", R"("action":"group.add")",
                           R"("tenant":"example")", R"("uid":1234)", R"("result":"success")"})
    EXPECT_THAT(log, HasSubstr(part));
}

TEST_F(AdministrationTest, GivesEventsPageByPage) {
  for (const char* name : {"a", "b", "c"}) do_it("user.add", {{"name", name}});
  const Json first = do_it("events", {{"limit", 2}});
  ASSERT_EQ(first["events"].size(), 2U);
  EXPECT_EQ(first["next"], 2);
  const Json rest = do_it("events", {{"after", first["next"]}});
  ASSERT_EQ(rest["events"].size(), 1U);
  EXPECT_EQ(rest["events"][0]["object"], "c");
  EXPECT_EQ(do_it("events", {{"after", rest["next"]}})["events"], Json::array());
}

}  // namespace
}  // namespace ferryman::realm
