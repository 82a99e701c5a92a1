#include <gmock/gmock.h>

#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class AdminTenants : public AdministrationTest {
 protected:
  // In all tables, of other tenants than this one.
  std::int64_t rows_besides(const directory::TenantId& tenant) {
    std::int64_t rows = 0;
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    for (const char* table : {"tenant_names", "top_level_names", "objects", "accounts", "logons", "names",
                              "keys", "former_passwords", "members"}) {
      const std::string sql = std::string("SELECT count(*) FROM ") + table + " WHERE tenant <> ?";
      sqlite3_stmt* statement = nullptr;
      EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << table;
      sqlite3_bind_blob(statement, 1, tenant.octets.data(), directory::Guid::size, SQLITE_STATIC);
      EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
      rows += sqlite3_column_int64(statement, 0);
      sqlite3_finalize(statement);
    }
    sqlite3_close(database);
    return rows;
  }
};

TEST_F(AdminTenants, AreAddedWithTheRealmOfTheDefaultOne) {
  const Json made = do_it("tenant.add", {{"name", "second"}, {"domains", {"second.org", "b.test"}}});
  EXPECT_EQ(made["realm"], "EXAMPLE.COM");
  EXPECT_EQ(made["domains"], (Json{"second.org", "b.test"}));
  EXPECT_THAT(made["domain_sid"].get<std::string>(), StartsWith("S-1-5-21-"));
  EXPECT_EQ(made["created"], directory::now);
  EXPECT_EQ(made["key_required"], false);
  EXPECT_EQ(made["disabled"], false);
  EXPECT_EQ(made["default"], false);
  EXPECT_EQ(do_it("tenant.add", {{"name", "third"}, {"realm", "OTHER.TEST"}})["realm"], "OTHER.TEST");
  const auto second = directory_->find_tenant("second");
  ASSERT_TRUE(second);
  EXPECT_EQ(directory_->krbtgt_keys(second->id, 1).value()->size(), policy_.etypes.size());
  do_it("user.add", {{"name", "alice"}}, "second.org");
  EXPECT_THAT(refused("user.show", {{"name", "alice"}}), StartsWith("not_found"));
}

TEST_F(AdminTenants, AreShownByAnyOfTheirNamesWhateverTenantIsMeant) {
  const std::string id = do_it("tenant.add", {{"name", "second"}, {"domains", {"second.org"}}})["id"];
  for (const std::string& name : {std::string("Second"), std::string("SECOND.org"), id})
    EXPECT_EQ(do_it("tenant.show", {{"name", name}}, "nobody")["name"], "second") << name;
  EXPECT_EQ(do_it("tenant.show", {{"name", "example"}}, "second")["default"], true);
  EXPECT_EQ(refused("tenant.show", {{"name", "third"}}), "not_found There is no tenant third.");
}

TEST_F(AdminTenants, AreListedByPage) {
  for (const char* name : {"b", "a"}) do_it("tenant.add", {{"name", name}});
  const Json first = do_it("tenant.list", {{"limit", 2}});
  ASSERT_EQ(first["tenants"].size(), 2U);
  EXPECT_EQ(first["tenants"][0]["name"], "a");
  const Json rest = do_it("tenant.list", {{"after", first["next"]}});
  ASSERT_EQ(rest["tenants"].size(), 1U);
  EXPECT_EQ(rest["tenants"][0]["name"], "example");
  EXPECT_EQ(rest["next"], "");
}

TEST_F(AdminTenants, HaveNamesOfTheirOwn) {
  for (const char* reserved :
       {"common", "KdcProxy", "EnrollmentServer", "a.b", "", "a b", "6f9619ff-8b86-4011-b42d-00c04fc964ff"})
    EXPECT_THAT(refused("tenant.add", {{"name", reserved}}), StartsWith("invalid ")) << reserved;
  EXPECT_THAT(refused("tenant.add", {{"name", "x"}, {"domains", {"common"}}}), StartsWith("invalid "));
  EXPECT_THAT(refused("tenant.add", {{"name", "x"}, {"realm", "A/B"}}), StartsWith("invalid "));
  EXPECT_THAT(refused("tenant.add", {{"name", "EXAMPLE"}}), StartsWith("already_exists "));
  EXPECT_THAT(refused("tenant.add", {{"name", "x"}, {"domains", {"Example.test"}}}),
              StartsWith("already_exists The tenant x cannot be added"));
  EXPECT_THAT(refused("tenant.add", {{"name", "a.b"}}), HasSubstr("Name it without dots"));
  do_it("tenant.add", {{"name", "second"}});
  EXPECT_THAT(refused("tenant.set", {{"name", "second"}, {"add_domains", {"example.test"}}}),
              StartsWith("already_exists "));
  EXPECT_THAT(refused("tenant.set", {{"name", "second"}, {"add_domains", {"oauth2"}}}),
              StartsWith("invalid "));
}

TEST_F(AdminTenants, ChangeTheirSettings) {
  const auto set = [this](Json arguments) {
    arguments["name"] = "example";
    return do_it("tenant.set", std::move(arguments));
  };
  EXPECT_EQ(set({{"add_domains", {"b.test", "c.test"}}})["domains"],
            (Json{"example.test", "b.test", "c.test"}));
  EXPECT_EQ(set({{"remove_domains", {"EXAMPLE.TEST", "b.test"}}, {"add_domains", {"B.test"}}})["domains"],
            (Json{"c.test", "B.test"}));
  EXPECT_EQ(last_event()["changed"], "add_domains,remove_domains");
  EXPECT_EQ(set({{"top_level_names", {"t.test", "u.test"}}})["top_level_names"], (Json{"t.test", "u.test"}));
  EXPECT_EQ(set({{"key_required", true}})["key_required"], true);
  EXPECT_EQ(set({{"key_required", true}})["offline_logon"], true);
  EXPECT_EQ(set({{"offline_logon", false}})["offline_logon"], false);
  const Json shown = do_it("tenant.show", {{"name", "c.test"}});
  EXPECT_EQ(shown["top_level_names"], (Json{"t.test", "u.test"}));
  EXPECT_EQ(shown["key_required"], true);
  EXPECT_EQ(set({{"top_level_names", Json::array()}})["top_level_names"], Json::array());
}

TEST_F(AdminTenants, KeepAllWhereAPartOfAChangeIsRefused) {
  EXPECT_EQ(
      refused("tenant.set", {{"name", "example"}, {"remove_domains", {"no.test"}}, {"key_required", true}}),
      "not_found The tenant example has no domain no.test.");
  EXPECT_THAT(refused("tenant.set", {{"name", "example"}, {"add_domains", {"a..b"}}, {"key_required", true}}),
              StartsWith("invalid The tenant example cannot be changed"));
  EXPECT_THAT(refused("tenant.set", {{"name", "example"}}), HasSubstr("say what is to be set"));
  const Json shown = do_it("tenant.show", {{"name", "example"}});
  EXPECT_EQ(shown["domains"], Json{"example.test"});
  EXPECT_EQ(shown["key_required"], false);
}

TEST_F(AdminTenants, AreDisabledAndEnabled) {
  do_it("tenant.add", {{"name", "second"}});
  EXPECT_EQ(do_it("tenant.disable", {{"name", "second"}})["disabled"], true);
  EXPECT_EQ(do_it("tenant.show", {{"name", "second"}})["disabled"], true);
  EXPECT_EQ(do_it("tenant.enable", {{"name", "second"}})["disabled"], false);
  const Json other = do_it("tenant.disable", {{"name", "example"}});
  EXPECT_EQ(other["disabled"], true);
  EXPECT_EQ(other["default"], true);
  EXPECT_EQ(do_it("user.list", Json::object())["users"], Json::array()) << "it can be administered";
}

TEST_F(AdminTenants, AreRemovedWithAllThatIsInThem) {
  const std::string id = do_it("tenant.add", {{"name", "second"}, {"domains", {"second.org"}}})["id"];
  do_it("user.add", {{"name", "alice"}, {"password", good_password}}, "second");
  do_it("user.password", {{"name", "alice"}, {"password", other_password}}, "second");
  do_it("service.add", {{"name", "WEB$"}}, "second");
  do_it("group.add", {{"name", "staff"}}, "second");
  do_it("group.join", {{"group", "staff"}, {"account", "alice"}}, "second");
  do_it("tenant.set", {{"name", "second"}, {"top_level_names", {"t.test"}}});
  do_it("user.add", {{"name", "alice"}, {"password", good_password}});
  EXPECT_EQ(do_it("tenant.remove", {{"name", "SECOND.org"}})["name"], "second");
  EXPECT_EQ(last_event()["object"], "second");
  for (const std::string& name : {std::string("second"), std::string("second.org"), id})
    EXPECT_THAT(refused("tenant.show", {{"name", name}}), StartsWith("not_found")) << name;
  EXPECT_TRUE(directory_->check()->empty());
  EXPECT_EQ(rows_besides(tenant_), 0);
  EXPECT_EQ(principal("alice").keys.size(), policy_.etypes.size());
  do_it("tenant.add", {{"name", "second"}, {"domains", {"second.org"}}});
  EXPECT_THAT(refused("user.show", {{"name", "alice"}}, "second"), StartsWith("not_found"));
}

TEST_F(AdminTenants, ThatAreTheDefaultOneAreNotRemoved) {
  EXPECT_THAT(refused("tenant.remove", {{"name", "EXAMPLE.test"}}),
              StartsWith("invalid example is the default tenant and stays"));
  EXPECT_EQ(last_event()["result"], "failure");
  EXPECT_THAT(refused("tenant.remove", {{"name", "nobody"}}), StartsWith("not_found"));
  do_it("tenant.show", {{"name", "example"}});
}

TEST_F(AdminTenants, MakeAnEventOfEachChange) {
  do_it("tenant.add", {{"name", "second"}, {"domains", {"second.org"}}});
  do_it("tenant.list");
  do_it("tenant.set", {{"name", "second"}, {"key_required", true}});
  do_it("tenant.disable", {{"name", "SECOND.org"}});
  Json event = last_event();
  EXPECT_EQ(event["action"], "tenant.disable");
  EXPECT_EQ(event["object"], "second");
  EXPECT_FALSE(event.contains("tenant"));
  EXPECT_EQ(event["uid"], caller.uid);
  do_it("tenant.enable", {{"name", "second"}});
  EXPECT_THAT(refused("tenant.add", {{"name", "common"}}), StartsWith("invalid "));
  event = last_event();
  EXPECT_EQ(event["object"], "common");
  EXPECT_EQ(event["result"], "failure");
  EXPECT_THAT(event_ids(), ElementsAre(0, 4739, 4739, 4739, 0));
}

}  // namespace
}  // namespace ferryman::realm
