#include "ferrymand/history.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

using std::chrono::seconds;

constexpr auto exchanged = static_cast<std::size_t>(gateway::EventKind::exchange);

gateway::Report report(std::uint64_t answers, std::uint32_t us_each, std::uint64_t p95_us = 0) {
  gateway::Report report;
  report.counts.events[exchanged] = answers;
  for (std::uint64_t i = 0; i < answers; ++i) report.counts.figures.total.add(us_each);
  exchange::KdcReport kdc;
  kdc.address = boost::asio::ip::make_address("192.0.2.1");
  kdc.port = 88;
  kdc.transports[1].counts.answers = answers;
  kdc.transports[1].p95 = exchange::TransportHealth::Latency(p95_us);
  report.kdcs.push_back(kdc);
  return report;
}

class HistoryTest : public ::testing::Test {
 protected:
  History::Clock::time_point start{};
  History history{start};
};

TEST_F(HistoryTest, HasTheDifferencesOfAllWorkers) {
  history.look({report(1, 5), report(1, 5)}, start + seconds(9));
  EXPECT_TRUE(history.slots().empty());
  history.look({report(2, 100, 400), report(2, 300, 900)}, start + seconds(10));
  history.look({report(5, 100, 400), report(2, 300, 900)}, start + seconds(20));
  ASSERT_EQ(history.slots().size(), 2U);
  EXPECT_EQ(history.slots()[0].events[exchanged], 4U);
  EXPECT_EQ(history.slots()[0].mean_us, 200U);
  EXPECT_EQ(history.slots()[0].kdc_p95_us, 900U);
  EXPECT_EQ(history.slots()[1].events[exchanged], 3U);
  EXPECT_EQ(history.slots()[1].mean_us, 100U);
}

TEST_F(HistoryTest, HasNoLatencyWhereNothingWasAnswered) {
  history.look({report(2, 100, 400)}, start + seconds(10));
  history.look({report(2, 100, 400)}, start + seconds(20));
  EXPECT_EQ(history.slots()[1].events[exchanged], 0U);
  EXPECT_FALSE(history.slots()[1].mean_us);
  EXPECT_FALSE(history.slots()[1].kdc_p95_us);
}

TEST_F(HistoryTest, KeepsItsPaceWhenItIsLookedAtLate) {
  history.look({report(1, 1)}, start + seconds(11));
  history.look({report(2, 1)}, start + seconds(20));
  EXPECT_EQ(history.slots().size(), 2U);
  history.look({report(3, 1)}, start + seconds(100));
  history.look({report(4, 1)}, start + seconds(101));
  EXPECT_EQ(history.slots().size(), 3U);
  history.look({report(5, 1)}, start + seconds(110));
  EXPECT_EQ(history.slots().size(), 4U);
}

TEST_F(HistoryTest, KeepsAnHour) {
  for (unsigned i = 1; i <= History::max_slots + 3; ++i)
    history.look({report(i * std::uint64_t{i}, 1)}, start + i * History::interval);
  ASSERT_EQ(history.slots().size(), History::max_slots);
  EXPECT_EQ(history.slots().front().events[exchanged], 7U);  // 4 * 4 - 3 * 3
}

TEST_F(HistoryTest, CountsAnewWhereAWorkerHasForgotten) {
  history.look({report(5, 10)}, start + seconds(10));
  history.look({report(2, 10)}, start + seconds(20));
  EXPECT_EQ(history.slots()[1].events[exchanged], 2U);
}

}  // namespace
}  // namespace ferryman
