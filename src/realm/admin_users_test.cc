#include <gmock/gmock.h>

#include <algorithm>

#include "account/keys.h"
#include "crypto/string_to_key.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class AdminUsers : public AdministrationTest {
 protected:
  // Whether all of her keys are of the password.
  bool has_password(const std::string& name, std::string_view password) {
    const auto user = principal(name);
    return !user.keys.empty() && std::all_of(user.keys.begin(), user.keys.end(), [&](const auto& key) {
      const auto made = crypto::string_to_key(key.etype, as_bytes(password), as_bytes(key.salt));
      return made && equal_in_constant_time(made->octets(), key.key.bytes());
    });
  }
  void run_sql(const char* sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
};

TEST_F(AdminUsers, AreAddedWithTheirSettings) {
  const Json alice = do_it("user.add", {{"name", "alice"},
                                        {"upns", {"alice@example.test"}},
                                        {"display_name", "Alice L"},
                                        {"expires", 1'900'000'000},
                                        {"uid", 5000},
                                        {"sensitive", true},
                                        {"password", good_password}});
  EXPECT_EQ(alice["name"], "alice");
  EXPECT_EQ(alice["upns"], Json{"alice@example.test"});
  EXPECT_EQ(alice["display_name"], "Alice L");
  EXPECT_EQ(alice["expires"], 1'900'000'000);
  EXPECT_EQ(alice["uid"], 5000);
  EXPECT_EQ(alice["sensitive"], true);
  EXPECT_EQ(alice["disabled"], false);
  EXPECT_EQ(alice["kvno"], 1);
  EXPECT_EQ(alice["created"], directory::now);
  EXPECT_EQ(alice["password_changed"], directory::now);
  EXPECT_EQ(alice["password_expires"], nullptr);
  EXPECT_EQ(alice["last_used"], nullptr);
  EXPECT_EQ(alice["locked_until"], nullptr);
  EXPECT_THAT(alice["sid"].get<std::string>(), StartsWith("S-1-5-21-"));
  EXPECT_TRUE(has_password("alice", good_password));
  EXPECT_EQ(principal("alice").keys.size(), policy_.etypes.size());
  for (const char* name : {"ALICE", "alice@example.test"})
    EXPECT_EQ(do_it("user.show", {{"name", name}})["id"], alice["id"]);
}

TEST_F(AdminUsers, HaveEveryMemberOfTheProtocol) {
  do_it("user.add", {{"name", "alice"}});
  const Json alice = do_it("user.show", {{"name", "alice"}});
  for (const char* member :
       {"id",       "name",         "upns",    "display_name", "sid",        "uid",
        "gid",      "created",      "expires", "last_used",    "kvno",       "password_changed",
        "disabled", "must_change",  "rc4",     "key_required", "sensitive",  "password_expires",
        "failures", "locked_until", "groups",  "key_list",     "on_premises"})
    EXPECT_TRUE(alice.contains(member)) << member;
  EXPECT_EQ(alice.size(), 23U);
}

TEST_F(AdminUsers, WithoutAPasswordHaveNoKeys) {
  EXPECT_EQ(do_it("user.add", {{"name", "bob"}})["kvno"], 0);
  EXPECT_TRUE(principal("bob").keys.empty());
  EXPECT_EQ(do_it("user.password", {{"name", "bob"}, {"password", good_password}})["kvno"], 1);
  EXPECT_TRUE(has_password("bob", good_password));
}

TEST_F(AdminUsers, AreNotAddedWithAWeakPassword) {
  for (const std::string& weak :
       {std::string("short"), std::string("password1234567"), "Alice-" + good_password,
        std::string(1, 0) + good_password, std::string(2000, 'x')}) {
    EXPECT_THAT(refused("user.add", {{"name", "alice"}, {"password", weak}}), StartsWith("weak_password"))
        << weak;
  }
  EXPECT_THAT(refused("user.show", {{"name", "alice"}}), StartsWith("not_found")) << "nothing is left";
  EXPECT_THAT(refused("user.add", {{"name", "alice"}, {"password", "short"}}),
              HasSubstr("at least 12 characters"));
}

TEST_F(AdminUsers, AreAddedToGroupsOrNotAtAll) {
  do_it("group.add", {{"name", "Staff"}});
  do_it("group.add", {{"name", "Keys"}, {"key_required", true}});
  do_it("user.add", {{"name", "alice"}, {"groups", {"staff"}}, {"password", good_password}});
  EXPECT_EQ(last_event().at("object"), "alice");
  EXPECT_EQ(do_it("user.show", {{"name", "alice"}}).at("groups"), Json({"Domain Users", "Staff"}));
  EXPECT_THAT(refused("user.add", {{"name", "bob"}, {"groups", {"Staff", "Nobody"}}}),
              StartsWith("not_found There is no group Nobody"));
  EXPECT_THAT(refused("user.add", {{"name", "bob"}, {"groups", {"Keys"}}, {"password", good_password}}),
              HasSubstr("no password passes where a key is required"));
  EXPECT_THAT(refused("user.show", {{"name", "bob"}}), StartsWith("not_found"));
}

// Keys cannot be written, and what was written before cannot be taken back: as where the process is killed.
TEST_F(AdminUsers, AndServicesAreWholeWhateverEndsTheirMaking) {
  do_it("group.add", {{"name", "Staff"}});
  run_sql(
      "CREATE TRIGGER no_keys BEFORE INSERT ON keys BEGIN SELECT RAISE(ABORT, 'no'); END;"
      "CREATE TRIGGER no_way_back BEFORE DELETE ON objects BEGIN SELECT RAISE(ABORT, 'no'); END");
  EXPECT_NE(refused("user.add", {{"name", "alice"}, {"groups", {"Staff"}}, {"password", good_password}}),
            "done");
  EXPECT_NE(refused("service.add", {{"name", "HTTP/www.example.test"}}), "done");
  EXPECT_THAT(refused("user.show", {{"name", "alice"}}), StartsWith("not_found"));
  EXPECT_THAT(refused("service.show", {{"name", "HTTP/www.example.test"}}), StartsWith("not_found"));
}

TEST_F(AdminUsers, GetNoCodeWhereNoneIsTaken) {
  do_it("user.add", {{"name", "alice"}});
  EXPECT_FALSE(do_it("user.code", {{"name", "alice"}})["code"].empty());
  takes_codes_ = false;
  EXPECT_THAT(refused("user.code", {{"name", "alice"}}), HasSubstr("[sign_in] enrol"));
}

TEST_F(AdminUsers, AreTriedWithoutBeingAdded) {
  const auto tried = [](const std::string& name) { return Json{{"name", name}, {"dry_run", true}}; };
  Json weak = tried("alice");
  weak["password"] = "alice";
  EXPECT_EQ(do_it("user.add", tried("alice")), (Json{{"name", "alice"}}));
  EXPECT_THAT(refused("user.add", weak), StartsWith("weak_password"));
  EXPECT_THAT(refused("user.add", tried("a:b")), StartsWith("invalid The user a:b cannot be added"));
  EXPECT_TRUE(events().empty());
  EXPECT_THAT(refused("user.show", {{"name", "alice"}}), StartsWith("not_found"));
  do_it("user.add", {{"name", "alice"}});
  EXPECT_THAT(refused("user.add", tried("Alice")), StartsWith("already_exists"));
}

TEST_F(AdminUsers, AreNotAddedTwiceOrUnderAWrongName) {
  do_it("user.add", {{"name", "alice"}});
  EXPECT_THAT(
      refused("user.add", {{"name", "Alice"}}),
      StartsWith("already_exists The user Alice cannot be added: \"Alice\" is there already, as \"alice\"."));
  EXPECT_THAT(refused("user.add", {{"name", "alice"}}), HasSubstr("\"alice\" is there already."));
  EXPECT_THAT(refused("user.add", {{"name", "a@b"}}), HasSubstr("has the character \"@\""));
  EXPECT_THAT(refused("user.add", {{"name", "a\\b"}}), HasSubstr("has the character \"\\\\\""));
  do_it("user.add", {{"name", "carol"}, {"uid", 5000}});
  EXPECT_THAT(refused("user.add", {{"name", "dave"}, {"uid", 5000}}),
              HasSubstr("\"carol\" has the uid 5000 already"));
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"uid", 5000}}),
              HasSubstr("\"carol\" has the uid 5000 already"));
  EXPECT_THAT(refused("user.add", {{"name", "a$"}}), StartsWith("invalid "));
  EXPECT_THAT(refused("user.add", {{"name", ""}}), StartsWith("invalid "));
  EXPECT_THAT(refused("user.add", {{"name", "krbtgt"}}), StartsWith("invalid "));
  EXPECT_THAT(refused("user.add", {{"name", "bob"}, {"upns", {"bob"}}}), StartsWith("invalid "));
}

TEST_F(AdminUsers, GetNewPasswordsUnderTheSamePolicy) {
  do_it("user.add", {{"name", "alice"}, {"password", good_password}});
  EXPECT_THAT(refused("user.password", {{"name", "alice"}, {"password", "short"}}),
              StartsWith("weak_password"));
  EXPECT_THAT(refused("user.password", {{"name", "alice"}, {"password", good_password}}),
              HasSubstr("used before"));
  const Json alice =
      do_it("user.password", {{"name", "alice"}, {"password", other_password}, {"must_change", true}});
  EXPECT_EQ(alice["kvno"], 2);
  EXPECT_EQ(alice["must_change"], true);
  EXPECT_TRUE(has_password("alice", other_password));
  EXPECT_THAT(refused("user.password", {{"name", "alice"}, {"password", good_password}}),
              HasSubstr("used before"));
}

TEST_F(AdminUsers, MustChangeAPasswordFromTheBeginning) {
  const Json alice =
      do_it("user.add", {{"name", "alice"}, {"password", good_password}, {"must_change", true}});
  EXPECT_EQ(alice["must_change"], true);
}

TEST_F(AdminUsers, GetNoPasswordWhereAKeyIsRequired) {
  EXPECT_THAT(refused("user.add", {{"name", "a"}, {"key_required", true}, {"password", good_password}}),
              StartsWith("invalid "));
  EXPECT_THAT(refused("user.show", {{"name", "a"}}), StartsWith("not_found")) << "nothing is left";
  do_it("user.add", {{"name", "alice"}});
  do_it("group.add", {{"name", "keys"}, {"key_required", true}});
  do_it("group.join", {{"group", "keys"}, {"account", "alice"}});
  EXPECT_THAT(refused("user.password", {{"name", "alice"}, {"password", good_password}}),
              HasSubstr("key_required"));
}

TEST_F(AdminUsers, AreListedPageByPage) {
  for (const char* name : {"carol", "Bob", "alice"}) do_it("user.add", {{"name", name}});
  do_it("service.add", {{"name", "WEB$"}});
  const Json first = do_it("user.list", {{"limit", 2}});
  ASSERT_EQ(first["users"].size(), 2U);
  EXPECT_EQ(first["users"][0]["name"], "alice");
  EXPECT_EQ(first["users"][1]["name"], "Bob");
  const Json rest = do_it("user.list", {{"limit", 2}, {"after", first["next"]}});
  ASSERT_EQ(rest["users"].size(), 1U);
  EXPECT_EQ(rest["users"][0]["name"], "carol");
  EXPECT_EQ(rest["next"], "");
}

TEST_F(AdminUsers, AreShownWithTheirGroups) {
  do_it("user.add", {{"name", "alice"}});
  do_it("group.add", {{"name", "staff"}});
  do_it("group.add", {{"name", "others"}});
  do_it("group.join", {{"group", "staff"}, {"account", "alice"}});
  EXPECT_EQ(do_it("user.show", {{"name", "alice"}})["groups"], (Json{"Domain Users", "staff"}));
}

TEST_F(AdminUsers, AreSet) {
  do_it("user.add", {{"name", "alice"}, {"upns", {"a@x.test", "b@x.test"}}, {"expires", 1'900'000'000}});
  const Json alice = do_it("user.set", {{"name", "alice"},
                                        {"new_name", "alicia"},
                                        {"add_upns", {"c@x.test"}},
                                        {"remove_upns", {"a@x.test"}},
                                        {"expires", nullptr},
                                        {"uid", 7000},
                                        {"rc4", true},
                                        {"key_list", true}});
  EXPECT_EQ(alice["name"], "alicia");
  EXPECT_EQ(alice["upns"], (Json{"b@x.test", "c@x.test"}));
  EXPECT_EQ(alice["expires"], nullptr);
  EXPECT_EQ(alice["uid"], 7000);
  EXPECT_EQ(alice["rc4"], true);
  EXPECT_GT(do_it("user.set", {{"name", "alicia"}, {"uid", nullptr}})["uid"], directory::first_posix_id);
  EXPECT_EQ(alice["key_list"], true);
  EXPECT_EQ(do_it("user.show", {{"name", "alicia"}})["rc4"], true) << "what is not said stays";
  EXPECT_EQ(do_it("user.set", {{"name", "alicia"}, {"key_list", false}})["key_list"], false);
}

TEST_F(AdminUsers, AreNotSetToWhatCannotBe) {
  do_it("user.add", {{"name", "alice"}});
  do_it("user.add", {{"name", "bob"}, {"uid", 5000}});
  EXPECT_THAT(refused("user.set", {{"name", "alice"}}), HasSubstr("say what is to be set"));
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"new_name", "bob"}}), StartsWith("already_exists"));
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"uid", 5000}}), StartsWith("already_exists"));
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"remove_upns", {"a@x.test"}}}),
              StartsWith("not_found alice has no name a@x.test"));
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"new_name", "al"}, {"add_upns", {"no upn"}}}),
              StartsWith("invalid "));
  EXPECT_EQ(do_it("user.show", {{"name", "alice"}})["name"], "alice") << "names are looked at first";
}

// What the directory's transaction is for: no flag that was not said is written back.
TEST_F(AdminUsers, KeepWhatIsNotSaid) {
  do_it("user.add", {{"name", "alice"}, {"password", good_password}, {"must_change", true}});
  const auto before = principal("alice");
  directory::KeyChange change;
  change.now = directory::now;
  ASSERT_TRUE(directory_->set_keys(tenant_, before.account.id, before.keys, change));
  EXPECT_EQ(do_it("user.set", {{"name", "alice"}, {"display_name", "Alice"}})["must_change"], false);
  EXPECT_EQ(do_it("user.disable", {{"name", "alice"}})["display_name"], "Alice");
}

TEST_F(AdminUsers, AreUnlocked) {
  do_it("user.add", {{"name", "alice"}, {"password", good_password}});
  const auto id = directory_->find_account(tenant_, "alice")->id;
  policy_.lockout.threshold = 2;
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(directory_->note_failure(tenant_, id, policy_.lockout, directory::now));
  const Json locked = do_it("user.show", {{"name", "alice"}});
  EXPECT_EQ(locked["failures"], 2);
  EXPECT_EQ(locked["locked_until"], directory::now + policy_.lockout.duration);
  const Json unlocked = do_it("user.unlock", {{"name", "alice"}});
  EXPECT_EQ(unlocked["failures"], 0);
  EXPECT_EQ(unlocked["locked_until"], nullptr);
  EXPECT_EQ(forgotten_, std::vector{principal("alice").account.id});
}

TEST_F(AdminUsers, AreNoServicesAndNotTheKdcsOwn) {
  do_it("service.add", {{"name", "WEB$"}});
  EXPECT_THAT(refused("user.show", {{"name", "WEB$"}}), HasSubstr("WEB$ is a service."));
  EXPECT_THAT(refused("user.remove", {{"name", "WEB$"}}), StartsWith("not_found"));
  EXPECT_THAT(refused("user.password", {{"name", "krbtgt/EXAMPLE.COM"}, {"password", good_password}}),
              HasSubstr("an account of the KDC itself"));
  EXPECT_THAT(refused("user.remove", {{"name", "Domain Users"}}), StartsWith("not_found"));
}

}  // namespace
}  // namespace ferryman::realm
