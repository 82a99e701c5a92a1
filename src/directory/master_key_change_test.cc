#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

// Of the form that is sealed under a master key: what begins it (seal.h).
std::string mark_of(const MasterKey& key) {
  std::string mark(1, '\x01');
  for (int shift = 24; shift >= 0; shift -= 8)
    mark += static_cast<char>(key.id() >> static_cast<unsigned>(shift));
  return mark;
}

class MasterKeyChange : public DirectoryTest {
 protected:
  MasterKeyChange() {
    alice_ = user("alice").id;
    for (int i = 0; i < 3; ++i) set_keys();
    keys_ = *directory_->kept_keys(tenant_, alice_);
    link_.number = 622;
    link_.key_version = 1;
    link_.etype = kerberos::etype::aes256_sha1;
    EXPECT_TRUE(done(directory_->set_ad_link(tenant_, link_, link_key_, now)));
    EXPECT_TRUE(done(
        directory_->set_on_premises(tenant_, {alice_, link_.domain, link_.domain_sid + "-1104", "alice"})));
    krbtgt_ = copy_of(**directory_->krbtgt_keys(tenant_, 1));
  }
  void set_keys() {
    ASSERT_TRUE(done(directory_->set_keys(tenant_, alice_, random_keys(), {.now = now, .history = 5})));
  }
  bool is_in_files(const MasterKey& key) const {
    for (const char* name : {"realm.db", "realm.db-wal"}) {
      std::ifstream stream(file(name), std::ios::binary);
      const std::string octets(std::istreambuf_iterator<char>(stream), {});
      if (octets.find(mark_of(key)) != std::string::npos) return true;
    }
    return false;
  }
  // Whether all is in the directory as it was made.
  testing::AssertionResult is_whole(Database& directory) const {
    const auto findings = directory.check();
    if (!findings || !findings->empty())
      return testing::AssertionFailure() << (findings ? findings->front() : findings.error().text);
    const auto keys = directory.kept_keys(tenant_, alice_);
    const auto krbtgt = directory.krbtgt_keys(tenant_, 1);
    const auto history = directory.history(tenant_, alice_);
    if (!keys || !krbtgt || !history) return testing::AssertionFailure() << "keys are missing";
    const auto identity = directory.ad_identity(tenant_, alice_);
    if (!identity || !equal_in_constant_time(identity->key.bytes(), link_key_))
      return testing::AssertionFailure() << "the link's key";
    if (history->size() != 2) return testing::AssertionFailure() << history->size() << " former passwords";
    return same(*keys, keys_) && same(**krbtgt, krbtgt_) ? testing::AssertionSuccess()
                                                         : testing::AssertionFailure() << "other keys";
  }
  static bool same(const std::vector<LongTermKey>& a, const std::vector<LongTermKey>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const LongTermKey& x, const LongTermKey& y) {
      return x.kvno == y.kvno && x.etype == y.etype && x.salt == y.salt && x.s2kparams == y.s2kparams &&
             equal_in_constant_time(x.key.bytes(), y.key.bytes());
    });
  }

  AdLink link_{"ad.example.com", "AD.EXAMPLE.COM", "AD", "S-1-5-21-9-8-7"};
  const Octets link_key_ = Octets(32, 5);
  ObjectId alice_;
  std::vector<LongTermKey> keys_, krbtgt_;
};

TEST_F(MasterKeyChange, LeavesAllKeysAndNoFormOfTheFormerKey) {
  EXPECT_TRUE(is_in_files(master_key()));
  ASSERT_EQ(directory_->change_master_key(master_key(8)), true);
  EXPECT_TRUE(is_whole(*directory_));
  EXPECT_FALSE(is_in_files(master_key()));
  EXPECT_TRUE(is_in_files(master_key(8)));
  directory_.reset();
  EXPECT_TRUE(refused(opened(), Reason::wrong_master_key));
  const auto again = opened(master_key(8));
  ASSERT_TRUE(done(again));
  EXPECT_TRUE(is_whole(**again));
}

// Deleted keys are overwritten as well, and what SQLite has moved about in its pages.
TEST_F(MasterKeyChange, LeavesNothingOfDeletedKeysEither) {
  std::vector<ObjectId> users;
  for (int i = 0; i < 800; ++i) users.push_back(user("user" + std::to_string(i)).id);
  for (int round = 0; round < 3; ++round)
    for (const ObjectId& each : users)
      ASSERT_TRUE(done(directory_->set_keys(tenant_, each, random_keys(), {.now = now, .history = 1})));
  for (std::size_t i = 0; i < users.size(); i += 2)
    ASSERT_TRUE(done(directory_->remove_account(tenant_, users[i])));
  ASSERT_EQ(directory_->change_master_key(master_key(8)), true);
  EXPECT_FALSE(is_in_files(master_key()));
  EXPECT_TRUE(is_whole(*directory_));
}

TEST_F(MasterKeyChange, IsDoneOnce) {
  ASSERT_EQ(directory_->change_master_key(master_key(8)), true);
  EXPECT_EQ(directory_->change_master_key(master_key(8)), false);
  EXPECT_EQ(directory_->change_master_key(master_key(9)), true);
  EXPECT_EQ(directory_->change_master_key(master_key()), true) << "one from before is as good as any";
  EXPECT_TRUE(is_whole(*directory_));
  EXPECT_FALSE(is_in_files(master_key(8)));
}

TEST_F(MasterKeyChange, WhatComesAfterItIsUnderTheNewOne) {
  auto other = opened();  // another process, which does not know of it
  ASSERT_TRUE(done(other));
  ASSERT_EQ(directory_->change_master_key(master_key(8)), true);
  set_keys();
  create_tenant("second");
  EXPECT_TRUE(
      refused((*other)->set_keys(tenant_, alice_, random_keys(), {.now = now}), Reason::wrong_master_key));
  EXPECT_TRUE(refused((*other)->create_tenant({.name = "third"}, "X", aes, now), Reason::wrong_master_key));
  EXPECT_TRUE(refused((*other)->principal(tenant_, alice_), Reason::wrong_master_key));
  directory_.reset();
  other->reset();
  const auto again = opened(master_key(8));
  ASSERT_TRUE(done(again));
  EXPECT_TRUE((*again)->check()->empty());
  EXPECT_EQ((*again)->principal(tenant_, alice_)->account.kvno, 4U);
}

TEST_F(MasterKeyChange, ChangesNothingWhereAKeyIsDamaged) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "UPDATE keys SET sealed = zeroblob(61) WHERE kvno = 2", nullptr, nullptr,
                         nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  EXPECT_TRUE(refused(directory_->change_master_key(master_key(8)), Reason::damaged));
  EXPECT_TRUE(done(directory_->keys(tenant_, alice_, 3)));
  directory_.reset();
  EXPECT_TRUE(done(opened()));
}

TEST_F(MasterKeyChange, HoldsUpNobodyWhoReads) {
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0}, failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (!stop) {
        const auto principal = directory_->principal(tenant_, alice_);
        if (!principal || principal->keys.size() != aes.size()) ++failed;
        ++reads;
      }
    });
  for (std::uint8_t octet = 8; octet < 18; ++octet) {
    auto changed = directory_->change_master_key(master_key(octet));
    // A reader that got no processor for seconds kept the log from being emptied.
    if (!changed && changed.error().reason == Reason::busy)
      changed = directory_->change_master_key(master_key(octet));
    EXPECT_TRUE(done(changed));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(reads, 20);
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(is_whole(*directory_));
}

class MasterKeyChangeOn : public EachEngine {
 protected:
  // As another process has it open that looks for keys by this.
  Outcome<std::unique_ptr<Database>> other(FindMasterKey find_key) const {
    return open_database({.location = location_, .find_key = std::move(find_key)}, master_key());
  }
};
FERRYMAN_ON_EACH_ENGINE(MasterKeyChangeOn);

TEST_P(MasterKeyChangeOn, LeavesAllKeysOfAllTenants) {
  std::vector<std::pair<TenantId, ObjectId>> accounts;
  for (const TenantId& tenant : {tenant_, create_tenant("second").id})
    for (int i = 0; i < 150; ++i) {
      const auto account = directory_->create_account(tenant, {{.name = "user" + std::to_string(i)}}, now);
      ASSERT_TRUE(done(account));
      accounts.emplace_back(tenant, account->id);
      for (int keys = 0; keys < 2; ++keys)
        ASSERT_TRUE(
            done(directory_->set_keys(tenant, account->id, random_keys(), {.now = now, .history = 2})));
    }
  std::vector<std::vector<LongTermKey>> before;
  for (const auto& [tenant, id] : accounts) before.push_back(*directory_->kept_keys(tenant, id));
  ASSERT_EQ(directory_->change_master_key(master_key(8)), true);
  EXPECT_EQ(directory_->change_master_key(master_key(8)), false);
  directory_.reset();
  EXPECT_TRUE(refused(opened(), Reason::wrong_master_key));
  auto again = opened(master_key(8));
  ASSERT_TRUE(done(again));
  EXPECT_TRUE((*again)->check()->empty());
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const auto& [tenant, id] = accounts[i];
    const auto keys = (*again)->kept_keys(tenant, id);
    ASSERT_TRUE(done(keys));
    ASSERT_EQ(keys->size(), before[i].size());
    for (std::size_t key = 0; key < keys->size(); ++key)
      EXPECT_TRUE(equal_in_constant_time((*keys)[key].key.bytes(), before[i][key].key.bytes()));
    EXPECT_EQ((*again)->history(tenant, id)->size(), 1U);
  }
}

TEST_P(MasterKeyChangeOn, IsFoundOutByOtherProcesses) {
  const ObjectId alice = user("alice").id;
  auto blind = other({}), seeing = other([](std::uint32_t id) -> std::optional<MasterKey> {
                            EXPECT_EQ(id, master_key(8).id());
                            return master_key(8);
                          });
  ASSERT_TRUE(done(blind));
  ASSERT_TRUE(done(seeing));
  ASSERT_EQ(directory_->change_master_key(master_key(8)), true);
  EXPECT_TRUE(refused((*blind)->krbtgt_keys(tenant_, 1), Reason::wrong_master_key));
  EXPECT_TRUE(
      refused((*blind)->set_keys(tenant_, alice, random_keys(), {.now = now}), Reason::wrong_master_key));
  EXPECT_TRUE(done((*seeing)->krbtgt_keys(tenant_, 1)));
  EXPECT_TRUE(done((*seeing)->set_keys(tenant_, alice, random_keys(), {.now = now})));
  EXPECT_TRUE(done(directory_->keys(tenant_, alice, 1)));
}

// Statements, of any connection, until the process is killed.
int statements_left = 0;
int count_statement(unsigned, void*, void*, void*) {
  if (--statements_left == 0) ::kill(::getpid(), SIGKILL);
  return 0;
}

TEST_F(MasterKeyChange, IsWholeWhereverTheProcessIsKilled) {
  directory_.reset();
  std::uint8_t present = 7;
  int killed = 0;
  for (int statement = 1;; ++statement) {
    const auto next = static_cast<std::uint8_t>(present + 1);
    const pid_t child = ::fork();
    if (child == 0) {
      OnOpen trace(
          [](sqlite3* database) { sqlite3_trace_v2(database, SQLITE_TRACE_STMT, count_statement, nullptr); });
      statements_left = statement;
      auto traced = opened(master_key(present));
      ::_exit(traced && (*traced)->change_master_key(master_key(next)) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    auto before = opened(master_key(present)), after = opened(master_key(next));
    ASSERT_NE(before.has_value(), after.has_value()) << "under one of them, at statement " << statement;
    ASSERT_TRUE(is_whole(before ? **before : **after)) << statement;
    if (after) present = next;
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    ++killed;
  }
  EXPECT_GT(killed, 20);
}

}  // namespace
}  // namespace ferryman::directory
