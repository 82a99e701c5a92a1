#include "directory/sqlite.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "directory/schema.h"
#include "directory/test_tools.h"

namespace ferryman::directory {
namespace {

using sqlite::Connection;

// Ends the process, as SIGKILL does, when the given step of a statement's program begins.
void kill_at(sqlite3* database, int step) {
  static int left;
  left = step;
  sqlite3_progress_handler(
      database, 1,
      [](void*) {
        if (--left == 0) ::kill(::getpid(), SIGKILL);
        return 0;
      },
      nullptr);
}

// Runs action in a process of its own that is killed at the step. Whether it was killed, not done before.
bool killed(int step, const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    const OnOpen killing([step](sqlite3* database) { kill_at(database, step); });
    action();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

// Steps at which to kill: each of the first ones, then fewer.
int next_step(int step) {
  return step + 1 + step / 20;
}

using Sqlite = DirectoryTest;

// A key and what was got by it, as they were before FIDO keys.
constexpr const char* rows_of_version_3 = R"sql(
INSERT INTO tenants (id, folded, name, realm, domain_sid, key_required, disabled, next_rid, created)
  VALUES (x'01', 't', 't', 'R', 'S', 0, 0, 1000, 1);
INSERT INTO objects VALUES (x'01', x'02', 1, 'alice', 'alice', 1000, 1000, 0);
INSERT INTO devices VALUES (x'01', x'03', x'02', 'd', 't', 'v', x'09', x'09', 0, 1, NULL);
INSERT INTO key_credentials VALUES (x'01', x'04', x'02', x'03', x'09', 5, 6);
INSERT INTO prts (tenant, id, account, device, gesture, key_credential, created, expires, strong_until, number)
  VALUES (x'01', x'05', x'02', x'03', 3, x'04', 7, 8, 9, 10), (x'01', x'06', x'02', x'03', 1, NULL, 7, 8, 9, 11))sql";

std::vector<std::int64_t> numbers(Connection& c, const char* sql) {
  std::vector<std::int64_t> found;
  static_cast<void>(c.read([&](sql::Connection& r) -> Outcome<void> {
    sql::Statement row = r.statement(sql);
    while (row.step()) found.push_back(row.integer(0));
    return {};
  }));
  return found;
}

TEST_F(Sqlite, KeepsKeysAndPrtsWhenFidoKeysCome) {
  auto opened = Connection::open(file("before.db"), Connection::Access::create);
  ASSERT_TRUE(done(opened));
  Connection& c = **opened;
  ASSERT_TRUE(done(sql::migrate(c, sql::migrations().first(3))));
  ASSERT_TRUE(done(c.execute(rows_of_version_3)));
  ASSERT_TRUE(done(sql::migrate(c, sql::migrations())));
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(numbers(c, "SELECT last_used FROM key_credentials WHERE kind = 1 AND sign_count = 0"),
            Numbers{6});
  EXPECT_EQ(numbers(c, "SELECT number FROM prts ORDER BY id"), (Numbers{10, 11}));
  EXPECT_TRUE(numbers(c, "SELECT 1 FROM pragma_foreign_key_check").empty());
  ASSERT_TRUE(done(c.execute("DELETE FROM key_credentials")));
  EXPECT_EQ(numbers(c, "SELECT number FROM prts"), Numbers{11}) << "with a key go its PRTs";
  ASSERT_TRUE(done(c.execute("DELETE FROM devices")));
  EXPECT_TRUE(numbers(c, "SELECT number FROM prts").empty());
}

constexpr sql::Migration first = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)",
                         second =
                             "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 5;"
                             "CREATE TABLE b (z INTEGER) STRICT; INSERT INTO b SELECT y FROM a;"
                             "UPDATE a SET x = 2";
constexpr std::array<sql::Migration, 2> both{first, second};

TEST_F(Sqlite, IsOfOneVersionOrTheOtherWhereverAMigrationIsKilled) {
  const std::string path = file("migrated.db");
  {
    auto old = Connection::open(file("old.db"), Connection::Access::create);
    ASSERT_TRUE(done(sql::migrate(**old, std::span(both).first(1))));
  }
  int kills = 0;
  for (int step = 1;; step = next_step(step)) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    std::filesystem::copy_file(file("old.db"), path);
    const bool was_killed = killed(step, [&path] {
      auto connection = Connection::open(path, Connection::Access::existing);
      if (connection) static_cast<void>(sql::migrate(**connection, both));
    });
    auto connection = Connection::open(path, Connection::Access::existing);
    ASSERT_TRUE(done(connection));
    Connection& c = **connection;
    const auto state = c.read([](sql::Connection& r) -> Outcome<std::pair<std::int64_t, std::int64_t>> {
      sql::Statement version = r.statement("PRAGMA user_version");
      version.step();
      sql::Statement value = r.statement("SELECT x FROM a");
      value.step();
      return std::pair{version.integer(0), value.integer(0)};
    });
    ASSERT_TRUE(done(state));
    EXPECT_TRUE(*state == std::pair(std::int64_t{1}, std::int64_t{1}) ||
                *state == std::pair(std::int64_t{2}, std::int64_t{2}))
        << state->first << " " << state->second;
    ASSERT_TRUE(done(sql::migrate(c, both))) << "it goes on from there";
    EXPECT_TRUE(done(c.execute("SELECT z FROM b")));
    if (!was_killed) break;
    ++kills;
  }
  EXPECT_GT(kills, 20);
}

TEST_F(Sqlite, ChangesAreWholeOrNotAtAllWhereverTheyAreKilled) {
  directory_.reset();
  int kills = 0;
  for (int step = 1;; step = next_step(step)) {
    const std::string name = "user" + std::to_string(step), spn = "http/" + name;
    const bool was_killed = killed(step, [&] {
      auto directory = opened();
      if (!directory) return;
      const auto made = (*directory)->create_account(tenant_, {{.name = name, .spns = {spn}}}, now);
      if (made) static_cast<void>((*directory)->set_keys(tenant_, made->id, random_keys(), {}));
    });
    auto directory = opened();
    ASSERT_TRUE(done(directory));
    const auto by_name = (*directory)->find_account(tenant_, name),
               by_spn = (*directory)->find_account(tenant_, spn);
    ASSERT_EQ(by_name.has_value(), by_spn.has_value());
    if (by_name) {
      const auto whole = (*directory)->principal(tenant_, by_name->id);
      ASSERT_TRUE(done(whole));
      EXPECT_EQ(whole->keys.size(), whole->account.kvno == 0 ? 0U : 2U);
    }
    ASSERT_TRUE((*directory)->check()->empty());
    if (!was_killed) break;
    ++kills;
  }
  EXPECT_GT(kills, 20);
}

TEST_F(Sqlite, OfANewerVersionOrAnotherProgramIsLeftAlone) {
  const auto make = [this](const std::string& name, const char* sql) {
    auto connection = Connection::open(file(name), Connection::Access::create);
    ASSERT_TRUE(done((*connection)->execute(sql)));
  };
  make("newer.db", "CREATE TABLE x (y); PRAGMA application_id = 0x46725279; PRAGMA user_version = 99");
  make("other.db", "CREATE TABLE x (y)");
  make("foreign.db", "PRAGMA application_id = 1");
  std::ofstream(file("text.db")) << std::string(5000, 'x');
  for (const char* name : {"newer.db", "other.db", "foreign.db", "text.db"}) {
    const auto directory = open_database({.location = file(name)}, master_key());
    EXPECT_TRUE(refused(directory, Reason::wrong_version)) << name;
  }
}

TEST_F(Sqlite, IsMadeOnlyWhereThatIsAsked) {
  EXPECT_TRUE(refused(open_database({.location = file("none.db")}, master_key()), Reason::unavailable));
  EXPECT_FALSE(std::filesystem::exists(file("none.db")));
  EXPECT_TRUE(refused(open_database({.location = folder_ + "/none/x.db", .create = true}, master_key()),
                      Reason::unavailable));
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(file("realm.db-wal").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(Sqlite, IsMadeOnceWhereManyMakeItAtTheSameTime) {
  constexpr int threads = 8, rounds = 10;
  for (int round = 0; round < rounds; ++round) {
    const DatabaseOptions options{.location = file("many" + std::to_string(round)), .create = true};
    std::mutex mutex;
    std::vector<Outcome<std::unique_ptr<Database>>> outcomes;
    std::vector<std::thread> running;
    running.reserve(threads);
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&] {
        auto outcome = open_database(options, master_key());
        const std::lock_guard lock(mutex);
        outcomes.push_back(std::move(outcome));
      });
    for (std::thread& each : running) each.join();
    for (const auto& outcome : outcomes) EXPECT_TRUE(done(outcome));
  }
}

TEST_F(Sqlite, TellsThatTheDiskIsFull) {
  directory_.reset();
  const OnOpen little([](sqlite3* database) {
    sqlite3_exec(database, "PRAGMA max_page_count = 60", nullptr, nullptr, nullptr);
  });
  open();
  Outcome<Account> outcome = user("user");
  for (int i = 0; i < 500 && outcome; ++i)
    outcome = create({.name = "user" + std::to_string(i) + std::string(200, 'x')});
  ASSERT_TRUE(refused(outcome, Reason::full));
  EXPECT_NE(outcome.error().text.find("no space is left"), std::string::npos);
  EXPECT_TRUE(done(client({"user"}))) << "what is there is still served";
}

TEST_F(Sqlite, TellsThatItMayOnlyRead) {
  user("alice");
  directory_.reset();
  const OnOpen no_writing(
      [](sqlite3* database) { sqlite3_exec(database, "PRAGMA query_only = 1", nullptr, nullptr, nullptr); });
  open();
  EXPECT_TRUE(done(client({"alice"})));
  const auto outcome = create({.name = "bob"});
  ASSERT_TRUE(refused(outcome, Reason::read_only));
  EXPECT_NE(outcome.error().text.find("cannot be written"), std::string::npos);
}

// Five seconds are for administrators.
TEST_F(Sqlite, CountsNoFailureForLongWhileOthersKeepItLocked) {
  const Account alice = user("alice");
  auto other = Connection::open(file(), Connection::Access::existing);
  ASSERT_TRUE(done((*other)->execute("BEGIN IMMEDIATE")));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(refused(directory_->note_failure(tenant_, alice.id, {}, now), Reason::busy));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
  EXPECT_TRUE(done(client({"alice"})));
  ASSERT_TRUE(done((*other)->execute("COMMIT")));
  EXPECT_EQ(directory_->note_failure(tenant_, alice.id, {}, now)->failures, 1U);
}

TEST_F(Sqlite, TellsWhatIsDamaged) {
  const Account alice = user("alice");
  ASSERT_TRUE(done(directory_->set_keys(tenant_, alice.id, random_keys(), {})));
  EXPECT_TRUE(directory_->check()->empty());
  auto connection = Connection::open(file(), Connection::Access::existing);
  ASSERT_TRUE(done((*connection)
                       ->execute("UPDATE keys SET etype = 20 WHERE etype = 18 AND kvno = 1; "
                                 "PRAGMA foreign_keys = OFF; DELETE FROM accounts")));
  const auto findings = directory_->check();
  ASSERT_TRUE(done(findings));
  EXPECT_FALSE(findings->empty());
  const auto keys = directory_->keys(tenant_, alice.id, 1);
  EXPECT_TRUE(refused(keys, Reason::damaged)) << "a key of another type opens nothing";
}

TEST_F(Sqlite, IsBackedUpWhileItIsUsed) {
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) static_cast<void>(create({.name = "other" + std::to_string(i)}));
  });
  const Account alice = user("alice");
  ASSERT_TRUE(done(directory_->set_keys(tenant_, alice.id, random_keys(), {})));
  const auto backed_up = directory_->back_up(file("backup.db"));
  stop = true;
  writer.join();
  ASSERT_TRUE(done(backed_up));
  EXPECT_TRUE(refused(directory_->back_up(file("backup.db")), Reason::already_exists));
  struct stat status {};
  ASSERT_EQ(::stat(file("backup.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto copy = open_database({.location = file("backup.db")}, master_key());
  ASSERT_TRUE(done(copy));
  EXPECT_TRUE((*copy)->check()->empty());
  EXPECT_EQ((*copy)->principal(tenant_, alice.id)->keys.size(), 2U);
}

// All that the directory's functions ask the database, gathered while they are called.
class Plans : public DirectoryTest {
 protected:
  Plans() {
    directory_.reset();
    tracing_ = std::make_unique<OnOpen>([](sqlite3* database) {
      sqlite3_trace_v2(
          database, SQLITE_TRACE_STMT,
          [](unsigned, void*, void* statement, void*) {
            const char* sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
            if (sql != nullptr) statements().insert(sql);
            return 0;
          },
          nullptr);
    });
    open();
    tracing_.reset();
    statements().clear();
  }
  static std::set<std::string>& statements() {
    static std::set<std::string> all;
    return all;
  }
  void call_everything() {
    const Account alice = user("alice", {"al@example.org"});
    const Account web = service("WEB$", {"host/web.example.com"});
    const Group staff = *directory_->create_group(tenant_, {.name = "staff"});
    static_cast<void>(create_tenant("other"));
    EXPECT_TRUE(done(directory_->set_tenant(tenant_, {.name = "example", .top_level_names = {"x.test"}})));
    EXPECT_TRUE(done(directory_->find_tenant("example")));
    EXPECT_TRUE(done(directory_->tenants({})));
    for (int i = 0; i < 4; ++i)
      EXPECT_TRUE(done(directory_->set_keys(tenant_, alice.id, random_keys(), {.history = 2})));
    EXPECT_TRUE(done(directory_->history(tenant_, alice.id)));
    EXPECT_TRUE(done(directory_->krbtgt_keys(tenant_, 1)));
    EXPECT_TRUE(done(directory_->keys(tenant_, alice.id, 4)));
    EXPECT_TRUE(done(directory_->join_group(tenant_, staff.id, alice.id)));
    EXPECT_TRUE(done(directory_->members(tenant_, staff.id, {})));
    EXPECT_TRUE(done(directory_->groups(tenant_, {})));
    EXPECT_TRUE(done(directory_->require_key(tenant_, staff.id, true)));
    EXPECT_TRUE(done(client({"alice"})));
    EXPECT_TRUE(done(enterprise("al@example.org")));
    EXPECT_TRUE(done(find_service({"cifs", "web.example.com"})));
    EXPECT_TRUE(done(directory_->note_failure(tenant_, alice.id, {}, now)));
    directory_->note_success(tenant_, alice.id, now, now);
    EXPECT_TRUE(done(directory_->write_behind()));
    EXPECT_TRUE(done(directory_->accounts(tenant_, AccountKind::user, {})));
    EXPECT_TRUE(done(directory_->change_account(tenant_, alice.id, to({}))));
    EXPECT_TRUE(done(directory_->rename_account(tenant_, alice.id, "bob")));
    EXPECT_TRUE(done(directory_->add_spn(tenant_, web.id, "http/x")));
    EXPECT_TRUE(done(directory_->remove_spn(tenant_, web.id, "http/x")));
    EXPECT_TRUE(done(directory_->unlock_account(tenant_, alice.id)));
    EXPECT_TRUE(done(directory_->leave_group(tenant_, staff.id, alice.id)));
    EXPECT_TRUE(done(directory_->remove_account(tenant_, alice.id)));
    EXPECT_TRUE(done(directory_->remove_group(tenant_, staff.id)));
  }

  std::unique_ptr<OnOpen> tracing_;
};

// Whether a step of a plan reads only rows that are asked for: by more than their tenant, which has a
// million, but where these are its names; or a subquery's, which are bounded themselves.
bool is_bounded(const std::string& detail) {
  const auto has = [&detail](const char* text) { return detail.find(text) != std::string::npos; };
  if (has("SCAN")) return has("SCAN (subquery");
  return !has("(tenant=?)") || has("tenant_names") || has("top_level_names");
}

TEST_F(Plans, SearchByAnIndexWhateverIsAsked) {
  call_everything();
  EXPECT_GT(statements().size(), 40U);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
  for (const std::string& sql : statements()) {
    sqlite3_stmt* plan = nullptr;
    if (sql.starts_with("PRAGMA") || sql.starts_with("--")) continue;
    ASSERT_EQ(sqlite3_prepare_v2(database, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &plan, nullptr),
              SQLITE_OK)
        << sql;
    while (sqlite3_step(plan) == SQLITE_ROW) {
      const std::string detail = reinterpret_cast<const char*>(sqlite3_column_text(plan, 3));
      EXPECT_TRUE(is_bounded(detail)) << detail << "\n" << sql;
    }
    sqlite3_finalize(plan);
  }
  sqlite3_close(database);
}

}  // namespace
}  // namespace ferryman::directory
