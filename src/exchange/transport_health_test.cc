#include "exchange/transport_health.h"

#include <gtest/gtest.h>

namespace ferryman::exchange {
namespace {

using namespace std::chrono_literals;
using Clock = TransportHealth::Clock;
using State = TransportHealth::State;

const Clock::time_point start{1h};

TEST(TransportHealth, MayBeUsedUntilItFails) {
  TransportHealth health;
  EXPECT_TRUE(health.usable());
  EXPECT_FALSE(health.has_answered());
  health.note_answer(start);
  EXPECT_TRUE(health.usable());
  EXPECT_TRUE(health.has_answered());
}

TEST(TransportHealth, SetsAsideAtOnceWhatFails) {
  TransportHealth health;
  health.note_failure(start);
  EXPECT_EQ(health.state(), State::set_aside);
  EXPECT_FALSE(health.usable());
  EXPECT_FALSE(health.only_suspected());
  EXPECT_EQ(health.retry_at(), start + 1s);
  health.note_answer(start);
  EXPECT_TRUE(health.usable());
  EXPECT_EQ(health.failures_in_a_row(), 0U);
}

TEST(TransportHealth, DoublesThePauseWithEachFailedTrialUpToALimit) {
  TransportHealth health;
  auto now = start;
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    health.note_failure(now);
    EXPECT_EQ(health.retry_at() - now, pause);
    now = health.retry_at();
    health.begin_trial();
    EXPECT_FALSE(health.usable());
  }
}

TEST(TransportHealth, CountsABurstOfFailuresOnce) {
  TransportHealth health;
  for (int i = 0; i < 100; ++i) health.note_failure(start + i * 1ms);
  EXPECT_EQ(health.retry_at(), start + 1s);
}

TEST(TransportHealth, PutsWhatIsSilentOnTrialAtOnce) {
  TransportHealth health;
  health.note_answer(start);
  health.note_silence(start + 60s, 300);
  EXPECT_FALSE(health.usable());
  EXPECT_TRUE(health.only_suspected());
  EXPECT_EQ(health.retry_at(), start + 60s);
  health.begin_trial();
  health.note_failure(start + 62s);
  EXPECT_FALSE(health.only_suspected());
  EXPECT_EQ(health.retry_at(), start + 63s) << "the first pause";
}

TEST(TransportHealth, ComesBackLaterEachTimeUntilItHasServedForLong) {
  TransportHealth health;
  health.note_answer(start);
  auto now = start + 60s;
  for (const auto pause : {0s, 1s, 2s, 4s}) {
    health.note_silence(now, 300);
    EXPECT_EQ(health.retry_at() - now, pause);
    now = health.retry_at() + 1ms;
    health.begin_trial();
    health.note_passed_trial(now);
    health.note_answer(now);
  }
  now += 31s;
  health.note_silence(now, 300);
  EXPECT_EQ(health.retry_at(), now);
}

TEST(TransportHealth, TakesBeingOutrunThreeTimesInARowForSilence) {
  TransportHealth health;
  health.note_outrun(start, 300);
  health.note_outrun(start, 300);
  health.note_answer(start);
  health.note_outrun(start, 300);
  health.note_outrun(start, 300);
  EXPECT_TRUE(health.usable());
  health.note_outrun(start, 300);
  EXPECT_FALSE(health.usable());
}

TEST(TransportHealth, RemembersTheSmallestRequestInVainUntilAUserHasAnAnswer) {
  TransportHealth health;
  EXPECT_EQ(health.unanswered_octets(), 0U);
  health.note_silence(start, 1300);
  health.note_silence(start, 900);
  health.note_silence(start, 1100);
  health.note_passed_trial(start);
  EXPECT_EQ(health.unanswered_octets(), 900U);
  health.note_answer(start);
  EXPECT_EQ(health.unanswered_octets(), 0U);
}

TEST(TransportHealth, LearnsItsLatencies) {
  TransportHealth health;
  for (int i = 0; i < 15; ++i) health.note_latency(start, 2ms);
  EXPECT_EQ(health.p95(), 0us) << "too few to tell";
  for (int i = 0; i < 113; ++i) health.note_latency(start, i % 10 == 0 ? 50ms : 2ms);
  EXPECT_EQ(health.p95(), 50ms) << "of one in ten";
  EXPECT_GE(health.average(), 2ms);
  EXPECT_LE(health.average(), 15ms);
  for (int i = 0; i < 64; ++i) health.note_latency(start, 4ms);
  EXPECT_EQ(health.p95(), 4ms) << "what is older is forgotten";
}

TEST(TransportHealth, ForgetsAnAverageThatIsOld) {
  TransportHealth health;
  health.note_latency(start, 500ms);
  EXPECT_TRUE(health.is_known(start + 29s));
  EXPECT_FALSE(health.is_known(start + 31s));
  health.note_latency(start + 40s, 2ms);
  EXPECT_EQ(health.average(), 2ms);
}

TEST(HedgeBudget, AllowsOneInTwentyAndAFewToBeginWith) {
  HedgeBudget budget;
  int allowed = 0;
  while (budget.take()) ++allowed;
  EXPECT_EQ(allowed, 10);
  for (int i = 0; i < 2000; ++i) {
    budget.note_request();
    if (budget.take()) ++allowed;
  }
  EXPECT_LE(allowed, 10 + 100);
  EXPECT_GE(allowed, 10 + 98);
}

}  // namespace
}  // namespace ferryman::exchange
