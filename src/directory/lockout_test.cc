#include "directory/lockout.h"

#include <thread>

#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

constexpr LockoutPolicy policy{.threshold = 3, .window = 900, .duration = 600};
constexpr std::int64_t second = 1'000'000;

TEST(Lockout, BeginsAtTheThresholdAndEndsByItself) {
  Lockout lockout;
  for (int i = 1; i <= 2; ++i) lockout = after_failure(lockout, policy, now + i);
  EXPECT_EQ(lockout.failures, 2U);
  EXPECT_FALSE(lockout.locked_until);
  lockout = after_failure(lockout, policy, now + 3);
  EXPECT_EQ(lockout.locked_until, now + 603);
  lockout = after_failure(lockout, policy, now + 500);
  EXPECT_EQ(lockout.failures, 3U) << "a locked account counts no further";
  EXPECT_EQ(lockout.locked_until, now + 603);
  lockout = after_failure(lockout, policy, now + 603);
  EXPECT_EQ(lockout.failures, 1U);
  EXPECT_FALSE(lockout.locked_until);
}

TEST(Lockout, ForgetsWhatIsOlderThanTheWindow) {
  Lockout lockout = after_failure({}, policy, now);
  lockout = after_failure(lockout, policy, now + 899);
  EXPECT_EQ(lockout.failures, 2U);
  lockout = after_failure(lockout, policy, now + 900);
  EXPECT_EQ(lockout.failures, 1U);
}

TEST(Lockout, IsNeverWithoutAThreshold) {
  Lockout lockout;
  for (int i = 0; i < 1000; ++i) lockout = after_failure(lockout, {.threshold = 0}, now);
  EXPECT_FALSE(lockout.locked_until);
}

class Logons : public EachEngine {
 protected:
  Lockout fail_at(std::int64_t at) {
    const auto lockout = directory_->note_failure(tenant_, alice_, policy, at);
    EXPECT_TRUE(done(lockout));
    return lockout.value_or(CountedFailure{});
  }
  Account alice() { return *directory_->account(tenant_, alice_); }

  ObjectId alice_ = user("alice").id;
};
FERRYMAN_ON_EACH_ENGINE(Logons);

TEST_P(Logons, CountFailuresExactlyHoweverManyTryAtOnce) {
  constexpr int threads = 8, tries = 25;
  const LockoutPolicy wide{.threshold = threads * tries};
  std::atomic<int> locked = 0;
  std::vector<std::thread> running;
  running.reserve(threads);
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&] {
      for (int j = 0; j < tries; ++j) {
        const auto lockout = directory_->note_failure(tenant_, alice_, wide, now);
        if (lockout && lockout->locked_until) ++locked;
      }
    });
  for (std::thread& each : running) each.join();
  EXPECT_EQ(alice().lockout.failures, threads * tries);
  EXPECT_EQ(locked, 1) << "the last one alone sees the lock begin";
}

TEST_P(Logons, TakeFailuresBackBeforeTheNextOneCounts) {
  fail_at(now);
  fail_at(now + 1);
  directory_->note_success(tenant_, alice_, (now + 2) * second, now + 2);
  EXPECT_EQ(alice().lockout.failures, 2U) << "a success writes nothing by itself";
  EXPECT_EQ(fail_at(now + 3).failures, 1U);
}

TEST_P(Logons, TakeNothingBackForAProofThatIsSentAgain) {
  directory_->note_success(tenant_, alice_, now * second, now);
  ASSERT_TRUE(done(directory_->write_behind()));
  fail_at(now + 1);
  directory_->note_success(tenant_, alice_, now * second, now + 2);
  ASSERT_TRUE(done(directory_->write_behind()));
  EXPECT_EQ(alice().lockout.failures, 1U);
  directory_->note_success(tenant_, alice_, now * second + 1, now + 3);
  ASSERT_TRUE(done(directory_->write_behind()));
  EXPECT_EQ(alice().lockout.failures, 0U);
  EXPECT_EQ(alice().last_used, now + 3);
}

TEST_P(Logons, TakeNothingBackThatCameAfterThem) {
  const auto other = opened();  // as another process
  ASSERT_TRUE(done(other));
  directory_->note_success(tenant_, alice_, now * second, now);
  ASSERT_TRUE(done((*other)->note_failure(tenant_, alice_, policy, now + 1)));
  ASSERT_TRUE(done(directory_->write_behind()));
  EXPECT_EQ(alice().lockout.failures, 1U);
}

TEST_P(Logons, UnlockNothing) {
  for (int i = 0; i < 3; ++i) fail_at(now);
  directory_->note_success(tenant_, alice_, (now + 1) * second, now + 1);
  ASSERT_TRUE(done(directory_->write_behind()));
  EXPECT_EQ(alice().lockout.locked_until, now + 600);
  ASSERT_TRUE(done(directory_->unlock_account(tenant_, alice_)));
  EXPECT_EQ(alice().lockout.failures, 0U);
  EXPECT_FALSE(alice().lockout.locked_until);
  EXPECT_TRUE(refused(directory_->unlock_account(tenant_, ObjectId{random_guid()}), Reason::not_found));
}

TEST_P(Logons, AreCountedInTheAccountsTenantAlone) {
  const TenantId other = create_tenant("other").id;
  EXPECT_TRUE(refused(directory_->note_failure(other, alice_, policy, now), Reason::not_found));
  EXPECT_EQ(alice().lockout.failures, 0U);
}

TEST_P(Logons, AreKeptInMemoryWhereTheyCannotBeWritten) {
  fail_at(now);
  const auto reader = opened();
  {
    directory_.reset();
    const ReadOnly read_only(*this);
    open();
    directory_->note_success(tenant_, alice_, (now + 1) * second, now + 1);
    EXPECT_TRUE(refused(directory_->check_writable(), Reason::read_only));
    EXPECT_TRUE(refused(directory_->write_behind(), Reason::read_only));
    EXPECT_TRUE(refused(directory_->note_failure(tenant_, alice_, policy, now), Reason::read_only));
  }
  // The connection that is kept may not write; the same store does once it may.
  EXPECT_TRUE(refused(directory_->write_behind(), Reason::read_only));
  EXPECT_EQ((*reader)->account(tenant_, alice_)->lockout.failures, 1U);
}

// As two processes have it.
TEST_P(Logons, OfTwoProcessesCountNoFailureBeyondTheLock) {
  constexpr int threads = 8, tries = 25;
  const auto other = opened();
  ASSERT_TRUE(done(other));
  const LockoutPolicy narrow{.threshold = 10};
  std::atomic<int> counted = 0, told_locked = 0, failed = 0;
  std::vector<std::thread> running;
  running.reserve(threads);
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&, i] {
      Database& mine = i % 2 == 0 ? *directory_ : **other;
      for (int j = 0; j < tries; ++j) {
        auto outcome = mine.note_failure(tenant_, alice_, narrow, now);
        while (!outcome && outcome.error().reason == Reason::busy)
          outcome = mine.note_failure(tenant_, alice_, narrow, now);
        if (!outcome) ++failed;
        if (outcome) ++(outcome->counted ? counted : told_locked);
      }
    });
  for (std::thread& each : running) each.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(counted, 10);
  EXPECT_EQ(told_locked, threads * tries - 10);
  EXPECT_EQ(alice().lockout.failures, 10U);
}

}  // namespace
}  // namespace ferryman::directory
