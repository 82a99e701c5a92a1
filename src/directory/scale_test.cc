// No operation reads all: what each costs with hundreds of accounts is what it costs with none, and no
// statement walks through a table.
#include <gmock/gmock.h>

#include <set>

#include "directory/lockout.h"
#include "directory/test_tools.h"

namespace ferryman::directory {
namespace {

class Scale : public DirectoryTest {
 protected:
  Scale() {
    directory_.reset();
    open();  // with its connections looked at
    group_ = directory_->create_group(tenant_, {.name = "staff"}).value().id;
  }
  ~Scale() override { directory_.reset(); }

  // Everything but what has to read all: check() and back_up(). Names end in `mark`.
  void do_everything(const std::string& mark) {
    const Account account = user("alice" + mark, {"a" + mark + "@mail.test"});
    const Account web = service("WEB" + mark + "$", {"HTTP/" + mark + ".test"});
    look_up(account.name, "HTTP/" + mark + ".test");
    change(account.id, mark);
    list();
    EXPECT_TRUE(done(directory_->join_group(tenant_, group_, web.id)));
    EXPECT_TRUE(done(directory_->members(tenant_, group_, {.limit = 2})));
    EXPECT_TRUE(done(directory_->leave_group(tenant_, group_, web.id)));
    const Group group = directory_->create_group(tenant_, {.name = "short-lived" + mark}).value();
    EXPECT_TRUE(done(directory_->find_group(tenant_, group.name)));
    EXPECT_TRUE(done(directory_->require_key(tenant_, group.id, true)));
    EXPECT_TRUE(done(directory_->remove_group(tenant_, group.id)));
    EXPECT_TRUE(done(directory_->remove_account(tenant_, account.id)));
    EXPECT_TRUE(done(directory_->remove_account(tenant_, web.id)));
  }

  void look_up(const std::string& name, const std::string& spn) {
    const ObjectId id = directory_->find_account(tenant_, name).value().id;
    EXPECT_TRUE(done(client({name})));
    EXPECT_TRUE(done(enterprise(name + "@EXAMPLE.COM")));
    EXPECT_TRUE(refused(client({name + "?"}), Reason::not_found));
    EXPECT_TRUE(done(find_service({"HTTP", std::string_view(spn).substr(5)})));
    EXPECT_TRUE(refused(find_service({"cifs", "nowhere.test"}), Reason::not_found));
    EXPECT_TRUE(done(directory_->principal(tenant_, id)));
    EXPECT_TRUE(done(directory_->account(tenant_, id)));
    EXPECT_TRUE(done(directory_->krbtgt_keys(tenant_, 1)));
    EXPECT_TRUE(done(directory_->find_tenant("example")));
    EXPECT_TRUE(done(directory_->tenant(tenant_)));
  }

  void change(const ObjectId& id, const std::string& mark) {
    EXPECT_TRUE(done(directory_->set_keys(tenant_, id, random_keys(), {.now = now, .history = 3})));
    EXPECT_TRUE(done(directory_->set_keys(tenant_, id, random_keys(), {.now = now, .history = 3})));
    EXPECT_TRUE(done(directory_->keys(tenant_, id, 1)));
    EXPECT_TRUE(done(directory_->history(tenant_, id)));
    EXPECT_TRUE(done(directory_->note_failure(tenant_, id, {}, now)));
    directory_->note_success(tenant_, id, now * 1'000'000, now);
    EXPECT_TRUE(done(directory_->write_behind()));
    EXPECT_TRUE(done(directory_->unlock_account(tenant_, id)));
    EXPECT_TRUE(done(directory_->change_account(
        tenant_, id, [](AccountSettings& settings) { settings.display_name = "A"; })));
    EXPECT_TRUE(done(directory_->add_upn(tenant_, id, "b" + mark + "@mail.test")));
    EXPECT_TRUE(done(directory_->remove_upn(tenant_, id, "b" + mark + "@mail.test")));
    EXPECT_TRUE(done(directory_->add_spn(tenant_, id, "http/b" + mark + ".test")));
    EXPECT_TRUE(done(directory_->remove_spn(tenant_, id, "http/b" + mark + ".test")));
    EXPECT_TRUE(done(directory_->rename_account(tenant_, id, "renamed" + mark)));
  }

  void list() {
    EXPECT_TRUE(done(directory_->tenants({.limit = 2})));
    EXPECT_TRUE(done(directory_->groups(tenant_, {.limit = 2})));
    for (const std::string after : {"", "m"})
      EXPECT_TRUE(done(directory_->accounts(tenant_, AccountKind::user, {.after = after, .limit = 2})));
  }

  // What the statements do, in the steps of SQLite's machine.
  std::int64_t steps_of_everything(const std::string& mark) {
    steps_ = 0;
    do_everything(mark);
    return steps_;
  }

  // Those parts of SQLite's plan for a statement that walk through a table, or through all of a tenant's part
  // of it. Of its own names, which stand in its settings, a tenant has few.
  std::vector<std::string> walks(const std::string& sql) {
    std::vector<std::string> found;
    sqlite3* database = nullptr;
    sqlite3_stmt* plan = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &plan, nullptr),
              SQLITE_OK)
        << sql;
    while (sqlite3_step(plan) == SQLITE_ROW) {
      const std::string part(reinterpret_cast<const char*>(sqlite3_column_text(plan, 3)));
      const bool is_small = part.find("sqlite_schema") != part.npos ||
                            part.find("tenant_names") != part.npos ||
                            part.find("top_level_names") != part.npos;
      const bool scans =
          part.starts_with("SCAN ") && !part.starts_with("SCAN (") && part != "SCAN CONSTANT ROW";
      if (!is_small && (scans || part.ends_with("(tenant=?)") || part.starts_with("USE TEMP B-TREE")))
        found.push_back(part + " in " + sql);
    }
    sqlite3_finalize(plan);
    sqlite3_close(database);
    return found;
  }

  ObjectId group_;
  std::int64_t steps_ = 0;
  std::set<std::string> statements_;

 private:
  static int note(unsigned, void* self, void* statement, void*) {
    auto& test = *static_cast<Scale*>(self);
    auto* const done = static_cast<sqlite3_stmt*>(statement);
    test.statements_.insert(sqlite3_sql(done));
    test.steps_ += sqlite3_stmt_status(done, SQLITE_STMTSTATUS_VM_STEP, 1);
    return 0;
  }
  const OnOpen looked_at_{
      [this](sqlite3* database) { sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, &note, this); }};
};

TEST_F(Scale, WhatIsDoneCostsNoMoreWithManyAccounts) {
  steps_of_everything("warm");
  const std::int64_t few = steps_of_everything("few");
  for (int i = 0; i < 300; ++i) {
    const Account account = user("user" + std::to_string(i), {"u" + std::to_string(i) + "@mail.test"});
    ASSERT_TRUE(done(directory_->join_group(tenant_, group_, account.id)));
  }
  const std::int64_t many = steps_of_everything("many");
  EXPECT_GT(few, 1000) << "nothing is counted";
  EXPECT_LT(many, few + 300) << "something looks at each of 300 accounts";
}

TEST_F(Scale, NoStatementWalksThroughATable) {
  do_everything("once");
  EXPECT_GT(statements_.size(), 40U) << "the statements are not seen";
  const auto statements = statements_;  // plans are statements as well
  for (const std::string& sql : statements) {
    if (sql.starts_with("BEGIN") || sql.starts_with("COMMIT") || sql.starts_with("PRAGMA")) continue;
    EXPECT_THAT(walks(sql), testing::IsEmpty());
  }
}

TEST_F(Scale, AWalkIsSeen) {
  for (const char* sql :
       {"SELECT count(*) FROM accounts", "SELECT id FROM objects WHERE posix_id = 7",
        "SELECT id FROM accounts WHERE tenant = ? AND kvno = 1",
        "SELECT id FROM objects WHERE tenant = ? AND kind = 1 ORDER BY rid",
        "SELECT o.name FROM names n JOIN objects o ON o.name = n.spelled WHERE n.tenant = ?"}) {
    EXPECT_THAT(walks(sql), testing::Not(testing::IsEmpty())) << sql;
  }
}

}  // namespace
}  // namespace ferryman::directory
