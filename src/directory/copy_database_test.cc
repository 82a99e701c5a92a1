#include "directory/copy_database.h"

#include "directory/schema.h"
#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

// From one engine to each, the other one included.
using CopyDatabase = EachEngine;
FERRYMAN_ON_EACH_ENGINE(CopyDatabase);

class Target {
 public:
  explicit Target(const std::string& file, EngineKind kind)
      : location_(kind == EngineKind::sqlite ? file : PostgresqlServer::instance().new_database()) {}
  Outcome<std::unique_ptr<Database>> open() const {
    return open_database({.location = location_, .create = true}, master_key());
  }

 private:
  std::string location_;
};

TEST_P(CopyDatabase, HasAllThatThereIs) {
  const Account alice = user("alice", {"al@example.org"});
  const Account web = service("WEB$", {"host/web.example.com"});
  const Group staff = *directory_->create_group(tenant_, {.name = "staff"});
  const TenantId other = create_tenant("other", "OTHER.TEST").id;
  ASSERT_TRUE(done(directory_->join_group(tenant_, staff.id, alice.id)));
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(done(directory_->set_keys(tenant_, alice.id, random_keys(), {.now = now, .history = 2})));
  ASSERT_TRUE(done(directory_->set_tenant(tenant_, {.name = "example", .top_level_names = {"x.test"}})));
  ASSERT_TRUE(done(directory_->note_failure(tenant_, alice.id, {}, now)));
  for (const EngineKind kind : {EngineKind::sqlite, EngineKind::postgresql}) {
    auto opened = Target(file("copy.db"), kind).open();
    ASSERT_TRUE(done(opened));
    Database& copy = **opened;
    ASSERT_TRUE(done(copy_database(*directory_, copy)));
    EXPECT_TRUE(copy.check()->empty());
    const Principal there = *copy.principal(tenant_, alice.id),
                    here = *directory_->principal(tenant_, alice.id);
    EXPECT_EQ(there.account.name, "alice");
    EXPECT_EQ(there.account.upns, here.account.upns);
    EXPECT_EQ(there.account.lockout.failures, 1U);
    EXPECT_EQ(there.groups, here.groups);
    ASSERT_EQ(there.keys.size(), 2U);
    EXPECT_EQ(there.keys[0].salt, "SALT");
    EXPECT_TRUE(equal_in_constant_time(there.keys[0].key.bytes(), here.keys[0].key.bytes()));
    EXPECT_EQ(copy.history(tenant_, alice.id)->size(), 2U);
    EXPECT_EQ(copy.tenant(tenant_)->settings.top_level_names, std::vector<std::string>{"x.test"});
    EXPECT_TRUE(done(copy.krbtgt_keys(other, 1)));
    EXPECT_EQ(copy.find_account(tenant_, "HOST/web.example.com")->id, web.id);
    EXPECT_GT(copy.create_account(tenant_, {{.name = "bob"}}, now)->rid, staff.rid)
        << "it goes on from there";
    const auto again = copy_database(*directory_, copy);
    ASSERT_TRUE(refused(again, Reason::already_exists));
    EXPECT_NE(again.error().text.find("has the tenant"), std::string::npos);
  }
}

TEST_F(DirectoryTest, EveryTableIsCopied) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(
                database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'master_keys'", -1,
                &statement, nullptr),
            SQLITE_OK);
  std::size_t count = 0;
  for (; sqlite3_step(statement) == SQLITE_ROW; ++count) {
    const std::string select =
        std::string("SELECT * FROM ") + reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    const auto is_it = [&](const sql::Table& table) { return table.select == select; };
    EXPECT_TRUE(std::any_of(sql::tables().begin(), sql::tables().end(), is_it)) << select;
  }
  EXPECT_EQ(count, sql::tables().size());
  sqlite3_finalize(statement);
  sqlite3_close(database);
}

}  // namespace
}  // namespace ferryman::directory
