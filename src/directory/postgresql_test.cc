#include "directory/postgresql.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "directory/schema.h"
#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

using postgresql::Connection;
using postgresql::parse_url;
using std::chrono::steady_clock;

TEST(PostgresqlUrl, IsOfAUnixSocketAndWithoutAPassword) {
  for (const char* good : {"postgresql:///ferryman", "postgres:///ferryman",
                           "postgresql:///ferryman?host=/run/pgbouncer&port=6432",
                           "postgresql:///ferryman?user=x&requirepeer=postgres",
                           "postgresql:///ferryman?host=/run/a,/run/b&passfile=/etc/ferryman/pgpass"})
    EXPECT_TRUE(done(parse_url(good))) << good;
  for (const char* bad : {"postgresql://", "postgresql:///", "postgresql://db.example.com/ferryman",
                          "postgresql://[::1]/ferryman", "postgresql:///ferryman?host=/run/a,db",
                          "postgresql:///ferryman?host=@abstract",
                          "postgresql:///ferryman?hostaddr=127.0.0.1", "postgresql://a:secret@/ferryman",
                          "postgresql:///f?user=a&password=secret", "postgresql:///f?service=x",
                          "postgresql:///ferryman?options=-c%20x=y", "postgresql:///ferryman?nothing=1"}) {
    const auto url = parse_url(bad);
    ASSERT_TRUE(refused(url, Reason::invalid)) << bad;
    EXPECT_EQ(url.error().text.find("secret"), std::string::npos);
  }
}

class Postgresql : public DirectoryTest {
 protected:
  Postgresql() : DirectoryTest(PostgresqlServer::instance().new_database()) {}

  static PostgresqlServer& server() { return PostgresqlServer::instance(); }
  static Outcome<std::unique_ptr<Database>> open_at(const std::string& url, bool create = false) {
    return open_database({.location = url, .create = create}, master_key());
  }
  static std::unique_ptr<Connection> connection(const std::string& url) {
    auto opened = Connection::open(*parse_url(url));
    EXPECT_TRUE(done(opened));
    return *std::move(opened);
  }
  // How many of the database's connections the server does something for that is so.
  std::string at_work(const std::string& condition) const {
    return server().run(location_,
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                        "pg_backend_pid() AND state <> 'idle' AND " +
                            condition);
  }
};

// Whether it comes to be so, in good time.
bool comes(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

constexpr sql::Migration first = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)",
                         second =
                             "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 5;"
                             "CREATE TABLE b (z INTEGER) STRICT; INSERT INTO b SELECT y FROM a;"
                             "UPDATE a SET x = 2",
                         broken = "UPDATE a SET x = 3; UPDATE nothing SET x = 1";

TEST_F(Postgresql, IsOfOneVersionOrTheOther) {
  const std::string url = server().new_database();
  const auto c = connection(url);
  const std::array<sql::Migration, 2> bad{first, broken}, good{first, second};
  ASSERT_TRUE(done(sql::migrate(*c, std::span(good).first(1))));
  EXPECT_FALSE(sql::migrate(*c, bad));
  EXPECT_EQ(server().run(url, "SELECT x FROM a"), "1") << "nothing is left of one that fails";
  EXPECT_EQ(server().run(url, "SELECT version FROM ferryman_schema"), "1");
  ASSERT_TRUE(done(sql::migrate(*c, good)));
  EXPECT_EQ(server().run(url, "SELECT z FROM b"), "5");
  EXPECT_EQ(server().run(url, "SELECT version FROM ferryman_schema"), "2");
}

// A key and what was got by it, as they were before FIDO keys.
constexpr const char* rows_of_version_3 = R"sql(
INSERT INTO tenants (id, folded, name, realm, domain_sid, key_required, disabled, next_rid, created)
  VALUES ('\x01', 't', 't', 'R', 'S', 0, 0, 1000, 1);
INSERT INTO objects VALUES ('\x01', '\x02', 1, 'alice', 'alice', 1000, 1000, 0);
INSERT INTO devices VALUES ('\x01', '\x03', '\x02', 'd', 't', 'v', '\x09', '\x09', 0, 1, NULL);
INSERT INTO key_credentials VALUES ('\x01', '\x04', '\x02', '\x03', '\x09', 5, 6);
INSERT INTO prts (tenant, id, account, device, gesture, key_credential, created, expires, strong_until, number)
  VALUES ('\x01', '\x05', '\x02', '\x03', 3, '\x04', 7, 8, 9, 10), ('\x01', '\x06', '\x02', '\x03', 1, NULL, 7, 8, 9, 11))sql";

TEST_F(Postgresql, KeepsKeysAndPrtsWhenFidoKeysCome) {
  const std::string url = server().new_database();
  const auto c = connection(url);
  ASSERT_TRUE(done(sql::migrate(*c, sql::migrations().first(3))));
  ASSERT_TRUE(done(c->execute(rows_of_version_3)));
  ASSERT_TRUE(done(sql::migrate(*c, sql::migrations())));
  EXPECT_EQ(server().run(url, "SELECT last_used FROM key_credentials WHERE kind = 1 AND sign_count = 0"),
            "6");
  EXPECT_EQ(server().run(url, "SELECT count(*) FROM prts WHERE number IN (10, 11)"), "2");
  server().run(url, "DELETE FROM key_credentials");
  EXPECT_EQ(server().run(url, "SELECT number FROM prts"), "11") << "with a key go its PRTs";
}

TEST_F(Postgresql, OfANewerVersionOrAnotherProgramIsLeftAlone) {
  const std::string newer = server().new_database(), other = server().new_database();
  ASSERT_TRUE(done(open_at(newer, true)));
  server().run(newer, "UPDATE ferryman_schema SET version = 99");
  server().run(other, "CREATE TABLE x (y int)");
  EXPECT_TRUE(refused(open_at(newer), Reason::wrong_version));
  EXPECT_TRUE(refused(open_at(other, true), Reason::wrong_version));
}

TEST_F(Postgresql, IsMadeOnlyWhereThatIsAskedAndInUtf8) {
  EXPECT_TRUE(refused(open_at(server().new_database()), Reason::unavailable));
  server().run(location_,
               "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  std::string ascii = location_;
  ascii.replace(ascii.find("///") + 3, ascii.find('?') - ascii.find("///") - 3, "ascii");
  const auto opened = open_at(ascii, true);
  ASSERT_TRUE(refused(opened, Reason::invalid));
  EXPECT_NE(opened.error().text.find("createdb -E UTF8"), std::string::npos);
}

TEST_F(Postgresql, IsMadeOnceWhereManyMakeItAtTheSameTime) {
  const std::string url = server().new_database();
  std::mutex mutex;
  std::vector<Outcome<std::unique_ptr<Database>>> outcomes;
  std::vector<std::thread> running;
  running.reserve(8);
  for (int i = 0; i < 8; ++i)
    running.emplace_back([&] {
      auto outcome = open_at(url, true);
      const std::lock_guard lock(mutex);
      outcomes.push_back(std::move(outcome));
    });
  for (std::thread& each : running) each.join();
  for (const auto& outcome : outcomes) EXPECT_TRUE(done(outcome));
}

TEST_F(Postgresql, ThatIsNotThereIsWaitedForAndTold) {
  const auto begun = steady_clock::now();
  const auto opened = open_at("postgresql:///ferryman?host=" + folder_);
  ASSERT_TRUE(refused(opened, Reason::unavailable));
  EXPECT_NE(opened.error().text.find("is not reached: "), std::string::npos) << opened.error().text;
  EXPECT_EQ(opened.error().text.find('\n'), std::string::npos);
  EXPECT_GT(steady_clock::now() - begun, std::chrono::seconds(3));
}

// An administrator's change waits for another, a failure that counts does not; but who counts in the same row
// waits for a moment only.
TEST_F(Postgresql, CountsWhileAnotherProcessWrites) {
  const Account alice = user("alice");
  const auto other = connection(location_);
  const auto held = other->write([&](sql::Connection& c) -> Outcome<void> {
    EXPECT_TRUE(done(directory_->note_failure(tenant_, alice.id, {}, now)));
    c.run("UPDATE logons SET failures = 5");
    const auto begun = steady_clock::now();
    EXPECT_TRUE(refused(directory_->note_failure(tenant_, alice.id, {}, now), Reason::busy));
    EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(3));
    EXPECT_TRUE(done(client({"alice"})));
    EXPECT_TRUE(refused(create({.name = "bob"}), Reason::busy));
    return {};
  });
  ASSERT_TRUE(done(held));
  EXPECT_TRUE(done(create({.name = "bob"})));
  EXPECT_EQ(directory_->note_failure(tenant_, alice.id, {}, now)->failures, 6U);
}

TEST_F(Postgresql, IsNotLeftAtWorkForNobody) {
  auto waiting = connection(location_);
  const auto begun = steady_clock::now();
  EXPECT_TRUE(refused(waiting->execute("SELECT pg_sleep(600)"), Reason::unavailable));
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(30));
  waiting.reset();
  EXPECT_TRUE(comes([&] { return at_work("query LIKE '%pg_sleep(600)%'") == "0"; }));
}

// Those who look alice up, and those who make accounts, until it goes.
class Busy {
 public:
  Busy(Directory& directory, const TenantId& tenant) : directory_(directory), tenant_(tenant) {
    for (int i = 0; i < 4; ++i) running_.emplace_back([this] { read(); });
    for (int i = 0; i < 2; ++i) running_.emplace_back([this, i] { write("user" + std::to_string(i)); });
  }
  ~Busy() { end(); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

  void end() {
    stop_ = true;
    for (std::thread& each : running_)
      if (each.joinable()) each.join();
  }
  // Whether all go on, in good time.
  bool goes_on() {
    const int reads = reads_, writes = writes_;
    return comes([&] { return reads_ > reads + 10 && writes_ > writes + 4; });
  }
  // Behind end().
  const std::vector<std::string>& acknowledged() const { return acknowledged_; }
  const std::vector<std::string>& refusals() const { return refusals_; }

 private:
  void read() {
    const std::vector<std::string_view> name{"alice"};
    while (!stop_) {
      EXPECT_TRUE(done(directory_.find_client(tenant_, name, kerberos::name_type::principal)));
      ++reads_;
    }
  }
  void write(const std::string& stem) {
    for (int i = 0; !stop_; ++i) {
      const std::string name = stem + "-" + std::to_string(i);
      const auto made = directory_.create_account(tenant_, {{.name = name}}, now);
      const std::lock_guard lock(mutex_);
      if (made) acknowledged_.push_back(name);
      if (!made) refusals_.push_back(made.error().text);
      writes_ += made ? 1 : 0;
    }
  }

  Directory& directory_;
  const TenantId tenant_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> reads_ = 0, writes_ = 0;
  std::mutex mutex_;
  std::vector<std::string> acknowledged_, refusals_;
  std::vector<std::thread> running_;
};

// Whatever is acknowledged is there, and who asks meanwhile waits.
TEST_F(Postgresql, ComesBackByItselfWhenItsServerDoes) {
  user("alice");
  Busy busy(*directory_, tenant_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(busy.goes_on());
    server().kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    server().start();
    ASSERT_TRUE(busy.goes_on());
  }
  busy.end();
  EXPECT_LE(busy.refusals().size(), 6U);
  for (const std::string& text : busy.refusals())
    EXPECT_NE(text.find("which is there or is not"), std::string::npos) << text;
  for (const std::string& name : busy.acknowledged()) EXPECT_TRUE(done(client({name}))) << name;
  EXPECT_TRUE(directory_->check()->empty());
}

TEST_F(Postgresql, ThatStaysAwayIsToldAtOnce) {
  user("alice");
  server().kill();
  EXPECT_TRUE(refused(client({"alice"}), Reason::unavailable)) << "after a while";
  const auto begun = steady_clock::now();
  EXPECT_TRUE(refused(client({"alice"}), Reason::unavailable));
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(1));
  server().start();
  EXPECT_TRUE(done(client({"alice"})));
}

TEST_F(Postgresql, IsBackedUpByItsOwnTools) {
  const auto outcome = directory_->back_up(file("backup"));
  ASSERT_TRUE(refused(outcome, Reason::invalid));
  EXPECT_NE(outcome.error().text.find("pg_dump -Fc -f FILE 'postgresql:///"), std::string::npos)
      << "it has characters of the shell";
  EXPECT_FALSE(std::filesystem::exists(file("backup")));
}

TEST_F(Postgresql, TellsWhatIsDamaged) {
  const Account alice = user("alice");
  ASSERT_TRUE(done(directory_->set_keys(tenant_, alice.id, random_keys(), {})));
  EXPECT_TRUE(directory_->check()->empty());
  server().run(location_,
               "UPDATE keys SET etype = 20 WHERE etype = 18 AND object = (SELECT id FROM objects WHERE name "
               "= 'alice')");
  EXPECT_EQ(directory_->check()->size(), 1U);
  EXPECT_TRUE(refused(directory_->keys(tenant_, alice.id, 1), Reason::damaged));
}

TEST_F(Postgresql, KeepsNoTextWithANul) {
  const std::string nul("a\0b", 3);
  EXPECT_TRUE(refused(directory_->find_tenant(nul), Reason::not_found));
  EXPECT_TRUE(refused(directory_->find_account(tenant_, nul), Reason::not_found));
  NewAccount account{.name = "alice"};
  account.settings.display_name = nul;
  EXPECT_TRUE(refused(create(account), Reason::invalid));
  EXPECT_TRUE(refused(directory_->accounts(tenant_, AccountKind::user, {.after = nul}), Reason::invalid));
}

}  // namespace
}  // namespace ferryman::directory
