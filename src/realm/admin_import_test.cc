#include <gmock/gmock.h>

#include "base/base64.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using directory::AccountKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Json key(int kvno = 3, int etype = 18, std::size_t size = 32) {
  return {{"kvno", kvno},
          {"etype", etype},
          {"salt", base64_of(as_bytes("OLD.TESTalice"))},
          {"key", base64_of(Octets(size, 0x5a))}};
}

Json account(const std::string& name, Json more = Json::object(), const char* kind = "user") {
  Json json{{"name", name}, {"kind", kind}, {"keys", {key()}}};
  json.update(more);
  return json;
}

Json arguments(Json accounts, bool dry_run = false) {
  return {{"realm", "EXAMPLE.COM"}, {"dry_run", dry_run}, {"accounts", std::move(accounts)}};
}

class ImportTest : public AdministrationTest {
 protected:
  std::vector<std::string> import(Json accounts, bool dry_run = false) {
    std::vector<std::string> outcomes;
    const Json told = do_it("import.accounts", arguments(std::move(accounts), dry_run));
    for (const Json& each : told.value("outcomes", Json::array()))
      outcomes.push_back(each.at("outcome").get<std::string>() + " " + each.value("reason", ""));
    return outcomes;
  }
  std::string mistake(Json of_account) {
    const Json told = do_it("import.accounts", arguments({account("alice", std::move(of_account))}));
    const Json& outcome = told.at("outcomes").at(0);
    return outcome.value("reason", "done") + " " + outcome.value("text", "");
  }
};

TEST_F(ImportTest, MakesAccountsWithTheirKeysAndSettings) {
  EXPECT_THAT(import({account("alice", {{"must_change", true},
                                        {"sensitive", true},
                                        {"expires", 1900000000},
                                        {"password_changed", 5},
                                        {"password_expires", 6},
                                        {"disabled", true}}),
                      account("HTTP/www.example.com", {{"ok_as_delegate", true}}, "service"),
                      account("WEB$", Json::object(), "service")}),
              ElementsAre("added ", "added ", "added "));
  const auto alice = principal("alice"), web = principal("HTTP/www.example.com"),
             computer = principal("WEB$");
  EXPECT_EQ(alice.account.kind, AccountKind::user);
  EXPECT_TRUE(alice.account.settings.flags.must_change);
  EXPECT_TRUE(alice.account.settings.flags.sensitive);
  EXPECT_TRUE(alice.account.settings.flags.disabled);
  EXPECT_EQ(alice.account.settings.expires, 1900000000);
  EXPECT_EQ(alice.account.password_changed, 5);
  EXPECT_EQ(alice.account.password_expires, 6);
  EXPECT_EQ(alice.account.kvno, 3);
  EXPECT_EQ(alice.keys.at(0).salt, "OLD.TESTalice");
  EXPECT_THAT(alice.keys.at(0).key.bytes(), testing::ElementsAreArray(Octets(32, 0x5a)));
  EXPECT_EQ(web.account.kind, AccountKind::service);
  EXPECT_TRUE(web.account.settings.flags.ok_as_delegate);
  EXPECT_EQ(web.account.settings.supported_enctypes, 0x10);
  EXPECT_EQ(computer.account.settings.primary_group, directory::rid::domain_computers);
}

TEST_F(ImportTest, IsAnEventOfEachAccountWithoutAnyKey) {
  import({account("alice"), account("HTTP/www.example.com", Json::object(), "service"), account("a:b")});
  EXPECT_THAT(event_ids(), ElementsAre(4720, 4741, 4720));
  const auto all = events();
  EXPECT_EQ(all[0].at("object"), "alice");
  EXPECT_EQ(all[0].at("action"), "import.accounts");
  EXPECT_EQ(all[1].at("object"), "HTTP/www.example.com");
  EXPECT_EQ(all[2].at("result"), "failure");
  EXPECT_EQ(all[2].at("reason"), "invalid");
  EXPECT_THAT(log_text(), testing::Not(HasSubstr(key().at("key").get<std::string>().substr(0, 20))));
}

TEST_F(ImportTest, OfWhatIsThereChangesNothing) {
  const Json all{account("alice"), account("HTTP/www.example.com", Json::object(), "service")};
  import(all);
  EXPECT_THAT(import(all), ElementsAre("present ", "present "));
  EXPECT_EQ(events().size(), 2);
  EXPECT_EQ(principal("alice").account.kvno, 3);
}

TEST_F(ImportTest, DuplicateSpnsAreEvent11) {
  import({account("HTTP/www.example.com", Json::object(), "service")});
  do_it("service.add", {{"name", "WEB$"}, {"spns", {"cifs/files.example.com"}}});
  EXPECT_THAT(
      import({account("http/WWW.example.com", Json::object(), "service"),
              account("cifs/files.example.com", Json::object(), "service"), account("web", Json::object())}),
      ElementsAre("refused already_exists", "refused already_exists", "refused already_exists"));
  EXPECT_THAT(event_ids(), ElementsAre(4741, 4741, 11, 11, 4720));
  const Json event = events()[3];
  EXPECT_EQ(event.at("object"), "cifs/files.example.com");
  EXPECT_THAT(event.at("text").get<std::string>(), HasSubstr("is a name of \"WEB$\""));
}

TEST_F(ImportTest, DryRunsTellAllAndLeaveNothing) {
  import({account("bob")});
  EXPECT_THAT(import({account("alice"), account("bob"), account("a:b"), account("ALICE")}, true),
              ElementsAre("added ", "present ", "refused invalid", "refused already_exists"));
  EXPECT_FALSE(directory_->find_account(tenant_, "alice"));
  EXPECT_EQ(events().size(), 1);
}

TEST_F(ImportTest, WhatIsNotUnderstoodIsRefusedByItself) {
  const Json wrong[] = {{{"keys", {key(0)}}},      {{"keys", {key(3, 0)}}}, {{"keys", {Json::object()}}},
                        {{"keys", "x"}},           {{"keys", {1}}},         {{"kind", "group"}},
                        {{"expires", -1}},         {{"unknown", 1}},        {{"ok_as_delegate", true}},
                        {{"password_expires", ""}}};
  for (const Json& each : wrong) EXPECT_THAT(mistake(each), StartsWith("invalid ")) << each;
  Json bad_base64 = key();
  bad_base64["key"] = "A===";
  EXPECT_THAT(mistake({{"keys", {bad_base64}}}), StartsWith("invalid "));
  bad_base64 = key();
  bad_base64["salt"] = base64_of(Octets(4097));
  EXPECT_THAT(mistake({{"keys", {bad_base64}}}), StartsWith("invalid "));
  EXPECT_EQ(last_event().at("object"), "alice");
  EXPECT_EQ(last_event().at("result"), "failure");
  EXPECT_THAT(refused("import.accounts", {{"realm", "EXAMPLE.COM"}}), HasSubstr("accounts is a list"));
  EXPECT_FALSE(directory_->find_account(tenant_, "alice"));
  EXPECT_THAT(import({account("bob", {{"keys", 1}}),
                      account("alice"),
                      {{"name", 1}},
                      account("short", {{"keys", {key(3, 18, 16)}}})}),
              ElementsAre("refused invalid", "added ", "refused invalid", "refused invalid"));
  EXPECT_TRUE(directory_->find_account(tenant_, "alice"));
}

TEST_F(ImportTest, AccountsOfAnotherRealmAreRefused) {
  Json other = arguments({account("alice")});
  other["realm"] = "OTHER.TEST";
  EXPECT_THAT(refused("import.accounts", other),
              StartsWith("invalid The accounts are of the realm OTHER.TEST, and the tenant example is of "
                         "EXAMPLE.COM: make a tenant of that realm"));
}

TEST_F(ImportTest, TakesSomeAtATime) {
  Json many = Json::array();
  for (int i = 0; i < 257; ++i) many.push_back(account("u" + std::to_string(i)));
  EXPECT_THAT(refused("import.accounts", arguments(many)), HasSubstr("at most 256 accounts"));
  many.erase(0);
  EXPECT_EQ(import(many).size(), 256);
}

TEST_F(ImportTest, Rc4AsTheRealmAllowsIt) {
  const Json rc4{{"keys", {key(3, 23, 16)}}};
  EXPECT_THAT(mistake(rc4), HasSubstr("The realm allows no RC4"));
  policy_.etypes.push_back(23);
  EXPECT_THAT(import({account("alice", rc4)}), ElementsAre("added "));
  EXPECT_TRUE(principal("alice").account.settings.flags.rc4);
}

TEST_F(ImportTest, Rc4IsRefusedAsAWholeWhereItIsAskedFor) {
  Json asked = arguments(Json::array());
  asked["rc4"] = true;
  EXPECT_THAT(refused("import.accounts", asked),
              StartsWith("invalid The realm allows no RC4: leave off --rc4"));
  policy_.etypes.push_back(23);
  EXPECT_EQ(do_it("import.accounts", asked).at("outcomes").size(), 0);
}

TEST_F(ImportTest, ThePresentKeysSayWhichTypesThereAre) {
  const Json keys{{"keys", {key(2, 23, 16), key(2, 17, 16), key(3, 18)}}};
  EXPECT_THAT(import({account("alice", keys), account("WEB$", keys, "service")}),
              ElementsAre("added ", "added "));
  EXPECT_FALSE(principal("alice").account.settings.flags.rc4);
  const auto kept = directory_->kept_keys(tenant_, principal("alice").account.id);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->size(), 2) << "RC4's stays behind";
  EXPECT_EQ(principal("WEB$").account.settings.supported_enctypes, 0x10);
}

TEST_F(ImportTest, KeyVersionsLeaveRoomForPasswordsToCome) {
  EXPECT_THAT(mistake({{"keys", {key((1 << 30) + 1)}}}), HasSubstr("kvno is a number from 1 to 1073741824"));
  EXPECT_THAT(import({account("bob", {{"keys", {key(1 << 30)}}})}), ElementsAre("added "));
}

TEST_F(ImportTest, WhatIsThereWithoutKeysGetsThem) {
  const Json none{{"keys", Json::array()}};
  import({account("alice", none), account("HTTP/www.example.com", none, "service")});
  policy_.etypes.push_back(23);
  const Json rc4{{"keys", {key(2, 18), key(5, 23, 16)}}, {"password_changed", 5}};
  Json of_user = rc4;
  of_user.update({{"must_change", true}, {"password_expires", 6}});
  const Json again{account("alice", of_user), account("HTTP/www.example.com", rc4, "service")};
  EXPECT_THAT(import(again, true), ElementsAre("given_keys ", "given_keys "));
  EXPECT_EQ(principal("alice").account.kvno, 0) << "a dry run";
  EXPECT_EQ(events().size(), 2);
  EXPECT_THAT(import(again), ElementsAre("given_keys ", "given_keys "));
  EXPECT_THAT(event_ids(), ElementsAre(4720, 4741, 4724, 4742));
  const auto alice = principal("alice");
  EXPECT_EQ(alice.account.kvno, 5);
  EXPECT_TRUE(alice.account.settings.flags.rc4);
  EXPECT_TRUE(alice.account.settings.flags.must_change);
  EXPECT_EQ(alice.account.password_changed, 5);
  EXPECT_EQ(alice.account.password_expires, 6);
  ASSERT_EQ(alice.keys.size(), 1);
  EXPECT_EQ(alice.keys.at(0).salt, "OLD.TESTalice");
  EXPECT_EQ(principal("HTTP/www.example.com").account.settings.supported_enctypes, 0x4);
  EXPECT_THAT(import(again), ElementsAre("present ", "present "));
}

}  // namespace
}  // namespace ferryman::realm
