#include "account/attempts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "account/test_directory.h"

namespace ferryman::account {
namespace {

using Verdict = Attempts::Verdict;
constexpr std::int64_t now = 1'700'000'000;
constexpr directory::LockoutPolicy policy{10, 900, 900};

class AttemptsTest : public testing::Test {
 protected:
  Verdict attempt(const std::function<Verdict()>& try_it, std::int64_t at = now) {
    const std::uint64_t seen = attempts_.failures_seen();
    const auto principal = directory_.principal(directory_.tenant().id, user_.principal.account.id);
    return *attempts_.try_key(directory_, policy, *principal, at, seen, try_it);
  }
  Verdict wrong(std::int64_t at = now) {
    return attempt([] { return Verdict::wrong; }, at);
  }

  TestDirectory directory_;
  TestDirectory::Entry& user_ = directory_.add("alice", directory::AccountKind::user);
  Attempts attempts_;
};

TEST_F(AttemptsTest, LockAfterTheThresholdAndTryNoKeyThen) {
  for (int i = 0; i < 9; ++i) EXPECT_EQ(wrong(), Verdict::wrong);
  EXPECT_EQ(wrong(), Verdict::locks);
  bool tried = false;
  EXPECT_EQ(attempt([&] {
              tried = true;
              return Verdict::right;
            }),
            Verdict::locked);
  EXPECT_FALSE(tried);
  EXPECT_EQ(wrong(now + policy.duration), Verdict::wrong);
}

TEST_F(AttemptsTest, CountOnlyWrongKeys) {
  for (int i = 0; i < 20; ++i) {
    for (const Verdict verdict : {Verdict::right, Verdict::former, Verdict::unreadable})
      EXPECT_EQ(attempt([=] { return verdict; }), verdict);
  }
  EXPECT_EQ(user_.principal.account.lockout.failures, 0U);
}

TEST_F(AttemptsTest, ForgetFailuresAfterTheWindow) {
  for (int i = 0; i < 9; ++i) EXPECT_EQ(wrong(), Verdict::wrong);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(wrong(now + policy.window), Verdict::wrong);
}

// K21
TEST_F(AttemptsTest, OfParallelGuessesExactlyTheThresholdIsTried) {
  std::atomic<int> came = 0, tried = 0, told_wrong = 0, told_locked = 0;
  std::vector<std::thread> threads;
  threads.reserve(200);
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&] {
      ++came;
      const Verdict verdict = attempt([&] {
        ++tried;
        while (came < 200) std::this_thread::yield();  // so that all are there before one is counted
        return Verdict::wrong;
      });
      ++(verdict == Verdict::locked ? told_locked : told_wrong);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(tried, 10);
  EXPECT_EQ(told_wrong, 10);
  EXPECT_EQ(told_locked, 190);
}

// As many as are in flight in both are tried; as wrong ones count those that the directory has counted.
TEST_F(AttemptsTest, OfTwoProcessesTellNoMoreThanTheThresholdOfWrongKeys) {
  Attempts other;
  std::atomic<int> tried = 0, told_wrong = 0, told_locked = 0;
  std::vector<std::thread> threads;
  threads.reserve(200);
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&, i] {
      Attempts& mine = i % 2 == 0 ? attempts_ : other;
      const auto seen = mine.failures_seen();
      const auto verdict = mine.try_key(
          directory_, policy, *directory_.principal(directory_.tenant().id, user_.principal.account.id), now,
          seen, [&] {
            ++tried;
            std::this_thread::yield();
            return Verdict::wrong;
          });
      ++(*verdict == Verdict::locked ? told_locked : told_wrong);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(tried, 10);
  EXPECT_LE(tried, 20);
  EXPECT_EQ(told_wrong, 10);
  EXPECT_EQ(told_locked, 190);
}

TEST_F(AttemptsTest, CountWhatTheDirectoryCannotWrite) {
  EXPECT_EQ(wrong(), Verdict::wrong);
  directory_.is_full = true;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(wrong(), Verdict::unwritten);
  EXPECT_EQ(wrong(), Verdict::locks);
  EXPECT_EQ(attempt([] { return Verdict::right; }), Verdict::locked);
  directory_.is_full = false;
  EXPECT_EQ(attempt([] { return Verdict::right; }), Verdict::locked);
  EXPECT_EQ(attempt([] { return Verdict::right; }, now + policy.duration), Verdict::right);
  attempts_.forget(user_.principal.account.id);
  EXPECT_EQ(attempt([] { return Verdict::right; }), Verdict::right);
}

// As at a restart: what has been written locks there too.
TEST_F(AttemptsTest, WriteWhatTheyCountedOnceTheDirectoryCan) {
  EXPECT_EQ(wrong(), Verdict::wrong);
  directory_.is_full = true;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(wrong(), Verdict::unwritten);
  EXPECT_FALSE(attempts_.write_behind(directory_, now));
  directory_.is_full = false;
  ASSERT_TRUE(attempts_.write_behind(directory_, now));
  EXPECT_EQ(user_.principal.account.lockout.failures, 5U);
  ASSERT_TRUE(attempts_.write_behind(directory_, now));
  EXPECT_EQ(user_.principal.account.lockout.failures, 5U) << "once";
  Attempts next;
  const auto again = [&] {
    const auto principal = directory_.principal(directory_.tenant().id, user_.principal.account.id);
    return *next.try_key(directory_, policy, *principal, now, next.failures_seen(),
                         [] { return Verdict::wrong; });
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(again(), Verdict::wrong);
  EXPECT_EQ(again(), Verdict::locks);
}

TEST_F(AttemptsTest, WriteNothingThatIsOver) {
  directory_.is_full = true;
  wrong();
  directory_.is_full = false;
  ASSERT_TRUE(attempts_.write_behind(directory_, now + policy.window));
  EXPECT_EQ(user_.principal.account.lockout.failures, 0U);
}

TEST_F(AttemptsTest, LetTheRightKeyPassBesideWrongOnes) {
  for (int i = 0; i < 8; ++i) wrong();
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  threads.reserve(40);
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([&] {
      if (attempt([] { return Verdict::right; }) == Verdict::right) ++right;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 40);
}

}  // namespace
}  // namespace ferryman::account
