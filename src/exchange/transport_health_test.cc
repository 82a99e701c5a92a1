#include "exchange/transport_health.h"

#include <gtest/gtest.h>

namespace ferryman::exchange {
namespace {

using namespace std::chrono_literals;
using Clock = TransportHealth::Clock;
using State = TransportHealth::State;

const Clock::time_point start{1h};

TEST(TransportHealth, SetsAsideAtOnceWhatFails) {
  TransportHealth health;
  EXPECT_TRUE(health.serving());
  health.note_failure(start);
  EXPECT_EQ(health.state(), State::set_aside);
  EXPECT_EQ(health.retry_at(), start + 1s);
  health.note_answer();
  EXPECT_TRUE(health.serving());
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
    EXPECT_FALSE(health.serving());
  }
}

TEST(TransportHealth, CountsABurstOfFailuresOnce) {
  TransportHealth health;
  for (int i = 0; i < 100; ++i) health.note_failure(start + i * 1ms);
  EXPECT_EQ(health.retry_at(), start + 1s);
}

TEST(TransportHealth, TakesThreeSilencesInARowForAFailure) {
  TransportHealth health;
  health.note_silence(start);
  health.note_silence(start);
  health.note_answer();
  health.note_silence(start);
  health.note_silence(start);
  EXPECT_TRUE(health.serving());
  health.note_silence(start);
  EXPECT_FALSE(health.serving());
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
