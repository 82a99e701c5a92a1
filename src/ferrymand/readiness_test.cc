#include "ferrymand/readiness.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

using std::chrono::seconds;

const auto one = boost::asio::ip::make_address("192.0.2.1"), two = boost::asio::ip::make_address("192.0.2.2");

locate::Located list(const std::vector<boost::asio::ip::address>& addresses) {
  auto kdcs = std::make_shared<std::vector<discovery::Kdc>>();
  for (const auto& address : addresses) kdcs->push_back({address, 88, discovery::Transport::any, {}});
  return {std::move(kdcs), "names_not_found"};
}

exchange::KdcReport kdc(const boost::asio::ip::address& address, bool serving, std::uint64_t answers) {
  exchange::KdcReport report;
  report.address = address;
  report.port = 88;
  exchange::TransportReport& tcp = report.transports[1];
  tcp.state =
      serving ? exchange::TransportHealth::State::serving : exchange::TransportHealth::State::set_aside;
  tcp.counts.answers = answers;
  return report;
}

struct ReadinessTest : testing::Test {
  void look(const std::vector<gateway::Report>& workers, seconds later = seconds(0),
            bool serves_others = false) {
    now += later;
    readiness.look(workers, serves_others, now);
  }
  Readiness readiness;
  Readiness::Clock::time_point now{};
};

TEST_F(ReadinessTest, WhatIsNotKnownCountsAsServed) {
  look({{{}, {}, {{"A", std::nullopt}}}});
  EXPECT_TRUE(readiness.ready());
  EXPECT_EQ(readiness.page(), "A: not asked for yet\n");
  look({{{}, {}, {}}}, seconds(0), true);
  EXPECT_TRUE(readiness.ready());
}

TEST_F(ReadinessTest, ARealmWithoutKdcsIsNotServed) {
  look({{{}, {}, {{"A", list({})}}}, {{}, {}, {{"A", std::nullopt}}}});
  EXPECT_FALSE(readiness.ready());
  EXPECT_EQ(readiness.page(), "A: no KDC located, names_not_found\n");
  look({{{}, {}, {{"A", list({})}}}, {{}, {}, {{"A", list({one})}}}});
  EXPECT_TRUE(readiness.ready());
  look({{{}, {}, {{"A", list({})}}}}, seconds(0), true);
  EXPECT_TRUE(readiness.ready()) << "others may be";
}

TEST_F(ReadinessTest, OneRealmThatIsNotServedAmongOthersIsNoReason) {
  look({{{}, {}, {{"A", list({})}, {"B", list({one})}}}});
  EXPECT_TRUE(readiness.ready());
  EXPECT_EQ(readiness.page(), "A: no KDC located, names_not_found\nB: served\n");
}

TEST_F(ReadinessTest, KdcsAreDeadWhenTheyAreSetAsideAndSilentForAWhile) {
  const std::vector<gateway::Report> dead{{{}, {kdc(one, false, 7)}, {{"A", list({one})}}},
                                          {{}, {kdc(one, true, 9)}, {{"A", list({one})}}}};
  look({{{}, {kdc(one, true, 7)}, {{"A", list({one})}}}, {{}, {kdc(one, true, 9)}, {{"A", list({one})}}}});
  look(dead, seconds(2));
  EXPECT_TRUE(readiness.ready());
  look(dead, Readiness::patience);
  EXPECT_FALSE(readiness.ready()) << "that another worker has asked it long ago is no sign of life";
  EXPECT_EQ(readiness.page(), "A: no KDC answers\n");
  auto alive = dead;
  alive[1].kdcs[0].transports[1].counts.answers = 10;
  look(alive, seconds(2));
  EXPECT_TRUE(readiness.ready()) << "one worker has had an answer";
}

TEST_F(ReadinessTest, AKdcThatIsSetAsideAgainAndAgainButAnswersIsNotDead) {
  for (std::uint64_t answers = 1; answers < 20; ++answers) {
    look({{{}, {kdc(one, false, answers)}, {{"A", list({one})}}}}, seconds(2));
    EXPECT_TRUE(readiness.ready());
  }
}

TEST_F(ReadinessTest, ARealmIsServedWhileOneOfItsKdcsIs) {
  const std::vector<gateway::Report> half{
      {{}, {kdc(one, false, 0), kdc(two, true, 3)}, {{"A", list({one, two})}}}};
  look(half);
  look(half, 2 * Readiness::patience);
  EXPECT_TRUE(readiness.ready());
}

}  // namespace
}  // namespace ferryman
