#include "directory/kept.h"
#include "directory/store.h"
#include "directory/test_tools.h"

namespace ferryman::directory {
namespace {

class Moments : public DirectoryTest {
 protected:
  Moments() { other_ = opened().value(); }

  // The version of the service's key, as a request reads it.
  std::uint32_t kvno_of_web() {
    const auto moment = directory_->one_moment();
    EXPECT_NE(moment, nullptr);
    const auto found = find_service({"HTTP", "www.test"});
    return found && !found->keys.empty() ? found->keys.front().kvno : 0;
  }
  void change_keys(Directory& by, const ObjectId& account) {
    EXPECT_TRUE(done(by.set_keys(tenant_, account, random_keys(), {.now = now})));
  }

  std::unique_ptr<Database> other_;  // as of another process
};

TEST_F(Moments, WhatIsReadIsOfOneMomentButForAccounts) {
  const Account alice = user("alice");
  auto moment = directory_->one_moment();
  EXPECT_TRUE(done(client({"alice"})));
  EXPECT_TRUE(done(other_->remove_account(tenant_, alice.id)));
  EXPECT_TRUE(done(client({"alice"})));
  EXPECT_TRUE(refused(directory_->account(tenant_, alice.id), Reason::not_found));
  moment.reset();
  EXPECT_TRUE(refused(client({"alice"}), Reason::not_found));
}

TEST_F(Moments, AFailureThatIsCountedMeanwhileIsOfThePresent) {
  const Account alice = user("alice");
  const auto moment = directory_->one_moment();
  EXPECT_EQ(client({"alice"})->account.lockout.failures, 0U);
  EXPECT_TRUE(done(directory_->note_failure(tenant_, alice.id, {}, now)));
  EXPECT_EQ(directory_->account(tenant_, alice.id)->lockout.failures, 1U);
}

TEST_F(Moments, EndWhereAFailureIsCounted) {
  const Account alice = user("alice");
  const auto moment = directory_->one_moment();
  EXPECT_TRUE(done(client({"alice"})));
  EXPECT_TRUE(done(directory_->note_failure(tenant_, alice.id, {}, now)));
  EXPECT_EQ(client({"alice"})->account.lockout.failures, 1U);
  const auto next = directory_->one_moment();
  EXPECT_NE(next, nullptr);
}

// SQLite's log is begun anew, by whoever has written about 4 MB to it, where nobody reads what was before.
TEST_F(Moments, DoNotLetTheLogGrowWhileManyGuess) {
  const Account alice = user("alice");
  for (int i = 0; i < 4000; ++i) {
    const auto moment = directory_->one_moment();
    ASSERT_TRUE(done(client({"alice"})));
    ASSERT_TRUE(done(directory_->note_failure(tenant_, alice.id, {.threshold = 0}, now)));
  }
  EXPECT_LT(std::filesystem::file_size(file("realm.db-wal")), 6'000'000U);
}

TEST_F(Moments, WhatIsKeptIsReadAnewAfterAnyChange) {
  const ObjectId web = service("WEB$", {"HTTP/www.test"}).id;
  change_keys(*directory_, web);
  EXPECT_EQ(kvno_of_web(), 1U);
  EXPECT_EQ(kvno_of_web(), 1U);
  change_keys(*directory_, web);
  EXPECT_EQ(kvno_of_web(), 2U) << "changed by the connection that keeps it";
  change_keys(*other_, web);
  EXPECT_EQ(kvno_of_web(), 3U) << "changed by another process";
  EXPECT_TRUE(done(other_->remove_account(tenant_, web)));
  EXPECT_EQ(kvno_of_web(), 0U);
}

TEST_F(Moments, TenantsAreKeptInTheSameWay) {
  const auto is_disabled = [&] {
    const auto moment = directory_->one_moment();
    return directory_->find_tenant("example")->settings.disabled;
  };
  EXPECT_FALSE(is_disabled());
  for (Database* const by : {other_.get(), directory_.get()}) {
    for (const bool disabled : {true, false}) {
      EXPECT_TRUE(done(by->set_tenant(tenant_, {.name = "example", .disabled = disabled})));
      EXPECT_EQ(is_disabled(), disabled);
    }
  }
}

TEST_F(Moments, AClientIsKeptUntilAnythingChanges) {
  const Account alice = user("alice");
  change_keys(*directory_, alice.id);
  const auto read = [&] {
    const auto moment = directory_->one_moment();
    const std::string_view name[] = {"alice"};
    return directory_->find_client(tenant_, name, kerberos::name_type::principal).value();
  };
  Shared<Principal> kept = read();
  EXPECT_EQ(read(), kept) << "read twice";
  const auto is_new = [&] {
    const auto before = std::exchange(kept, read());
    return kept != before;
  };
  for (Database* const by : {other_.get(), directory_.get()}) {
    EXPECT_TRUE(done(by->note_failure(tenant_, alice.id, {}, now)));
    EXPECT_TRUE(is_new());
    EXPECT_EQ(kept->account.lockout.failures, by == other_.get() ? 1U : 2U);
    change_keys(*by, alice.id);
    EXPECT_TRUE(is_new());
    EXPECT_EQ(kept->keys.front().kvno, by == other_.get() ? 2U : 3U);
    EXPECT_FALSE(is_new());
  }
  EXPECT_TRUE(done(other_->change_account(tenant_, alice.id, [](auto& to) { to.flags.disabled = true; })));
  EXPECT_TRUE(is_new());
  EXPECT_TRUE(kept->account.settings.flags.disabled);
}

TEST_F(Moments, ANameThatIsKeptIsNoEnterpriseName) {
  user("alice");
  user("carol", {"alice@mail.test"});
  const auto moment = directory_->one_moment();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(refused(client({"alice@mail.test"}), Reason::not_found));
    EXPECT_EQ(enterprise("alice@mail.test")->account.name, "carol");
    EXPECT_EQ(client({"alice"})->account.name, "alice");
  }
}

TEST_F(Moments, KeptKeysAreTheSameAsThoseThatAreRead) {
  const auto read = copy_of(*directory_->krbtgt_keys(tenant_, 1).value());
  const auto moment = directory_->one_moment();
  for (int i = 0; i < 2; ++i) {
    const auto shared = directory_->krbtgt_keys(tenant_, 1).value();
    const std::vector<LongTermKey>& kept = *shared;
    ASSERT_EQ(kept.size(), read.size());
    for (std::size_t n = 0; n < kept.size(); ++n) {
      EXPECT_EQ(as_text(kept[n].key.bytes()), as_text(read[n].key.bytes()));
      ASSERT_NE(kept[n].ready, nullptr);
      EXPECT_EQ(as_text(kept[n].ready->octets()), as_text(read[n].key.bytes()));
    }
  }
  EXPECT_TRUE(refused(directory_->krbtgt_keys(tenant_, 2), Reason::not_found));
}

// In a pool the next one to take the connection would begin a transaction within that of the moment.
TEST_F(Moments, ThatFailLeaveNoTransactionBehind) {
  user("alice");
  const auto rename = [this](const char* from, const char* to) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    const std::string sql = std::string("ALTER TABLE ") + from + " RENAME TO " + to;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  };
  rename("names", "names_gone");
  {
    const auto moment = directory_->one_moment();
    EXPECT_FALSE(client({"alice"}));
  }
  rename("names_gone", "names");
  EXPECT_TRUE(done(create({.name = "bob"})));
  EXPECT_TRUE(done(client({"bob"})));
}

TEST_F(Moments, AThreadHasOneAndAnotherDirectoryNone) {
  const Account alice = user("alice");
  const auto moment = directory_->one_moment();
  EXPECT_TRUE(done(client({"alice"})));
  EXPECT_EQ(directory_->one_moment(), nullptr);
  EXPECT_TRUE(done(other_->remove_account(tenant_, alice.id)));
  const std::string_view name[] = {"alice"};
  EXPECT_TRUE(refused(other_->find_client(tenant_, name, 1), Reason::not_found));
}

// A database of nothing, in which a transaction cannot be ended for want of memory.
class WithoutMemory final : public sql::Connection {
 public:
  explicit WithoutMemory(int& open) : open_(open) { ++open_; }
  ~WithoutMemory() override { --open_; }
  std::int64_t changes() const override { return 0; }
  Outcome<void> execute(const std::string& /*sql*/) override { return {}; }
  void each_row(const char* /*sql*/,
                const std::function<void(const sql::Statement& row)>& /*take*/) override {}
  Outcome<std::size_t> version() override { return 0; }
  Outcome<void> set_version(std::size_t /*version*/) override { return {}; }

 private:
  std::unique_ptr<sql::Prepared> prepare(const char* /*sql*/) override { return nullptr; }
  void begin(Kind /*kind*/) override {}
  void commit() override {}
  void undo() override {}
  void end_moment() override { throw std::bad_alloc(); }

  int& open_;
};

class EngineWithoutMemory final : public Engine {
 public:
  explicit EngineWithoutMemory(int& open) : open_(open) {}
  Outcome<std::unique_ptr<sql::Connection>> connect() override {
    return std::make_unique<WithoutMemory>(open_);
  }
  Outcome<std::unique_ptr<sql::Connection>> create() override { return connect(); }
  Outcome<bool> is_filled() override { return true; }
  void check(sql::Connection& /*connection*/, std::vector<std::string>& /*findings*/) override {}
  Outcome<void> back_up(sql::Connection& /*connection*/, const std::string& /*file*/) override { return {}; }
  bool tells_changes() const override { return true; }
  Outcome<void> forget_former_rows(sql::Connection& /*connection*/) override { return {}; }
  Outcome<void> empty_log(sql::Connection& /*connection*/) override { return {}; }

 private:
  int& open_;
};

TEST(MomentWithoutMemory, EndsByClosingItsConnection) {
  int open = 0;
  sql::Store store(std::make_unique<EngineWithoutMemory>(open), {}, master_key(), {});
  for (int i = 0; i < 2; ++i) {
    const auto moment = store.one_moment();
    ASSERT_NE(moment, nullptr);
    EXPECT_EQ(open, 1);
  }
  EXPECT_EQ(open, 0);
}

TEST(KeptTest, ForgetsAllRatherThanGrow) {
  Kept kept;
  for (std::size_t i = 0; i < 3 * Kept::most; ++i) kept.tenants().emplace(std::to_string(i), nullptr);
  EXPECT_LE(kept.tenants().size(), Kept::most);
}

}  // namespace
}  // namespace ferryman::directory
