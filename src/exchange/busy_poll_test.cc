#include "exchange/busy_poll.h"

#include <gtest/gtest.h>

namespace ferryman::exchange {
namespace {

using Clock = BusyPoll::Clock;
using namespace std::chrono_literals;

class BusyPollTest : public ::testing::Test {
 protected:
  boost::asio::io_context io{1};
  const std::shared_ptr<BusyPoll> wait = std::make_shared<BusyPoll>(io);
};

TEST_F(BusyPollTest, KeepsTheLoopBusyForItsTimeAndNoLonger) {
  const auto begun = Clock::now() + 50ms;  // long enough for a busy machine to come to it
  wait->begin(begun, 50us);
  EXPECT_TRUE(wait->lasts());
  EXPECT_GT(io.run(), 1u);
  EXPECT_GE(Clock::now() - begun, BusyPoll::longest);
  EXPECT_FALSE(wait->lasts());
}

TEST_F(BusyPollTest, EndsWithTheAnswer) {
  wait->begin(Clock::now() + 1h, 50us);
  io.run_one();
  EXPECT_TRUE(wait->lasts());
  wait->end();
  io.run();
  EXPECT_FALSE(wait->lasts());
}

TEST_F(BusyPollTest, IsNotForAKdcThatIsFarOrNotKnown) {
  wait->begin(Clock::now(), BusyPoll::longest + 1us);
  wait->begin(Clock::now(), 0us);
  EXPECT_FALSE(wait->lasts());
  EXPECT_EQ(io.run(), 0u);
}

TEST_F(BusyPollTest, IsOneForAllExchanges) {
  const auto begun = Clock::now() + 1h;
  wait->begin(begun, 50us);
  wait->begin(begun, 50us);
  wait->end();
  EXPECT_EQ(io.run(), 1u);
}

}  // namespace
}  // namespace ferryman::exchange
