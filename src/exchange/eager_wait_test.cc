#include "exchange/eager_wait.h"

#include <gtest/gtest.h>

namespace ferryman::exchange {
namespace {

using Clock = EagerWait::Clock;
using namespace std::chrono_literals;

class EagerWaitTest : public ::testing::Test {
 protected:
  boost::asio::io_context io{1};
  const std::shared_ptr<EagerWait> wait = std::make_shared<EagerWait>(io);
};

TEST_F(EagerWaitTest, KeepsTheLoopBusyForItsTimeAndNoLonger) {
  const auto begun = Clock::now() + 50ms;  // long enough for a busy machine to come to it
  wait->begin(begun, 50us);
  EXPECT_TRUE(wait->lasts());
  EXPECT_GT(io.run(), 1u);
  EXPECT_GE(Clock::now() - begun, EagerWait::longest);
  EXPECT_FALSE(wait->lasts());
}

TEST_F(EagerWaitTest, EndsWithTheAnswer) {
  wait->begin(Clock::now() + 1h, 50us);
  io.run_one();
  EXPECT_TRUE(wait->lasts());
  wait->end();
  io.run();
  EXPECT_FALSE(wait->lasts());
}

TEST_F(EagerWaitTest, IsNotForAKdcThatIsFarOrNotKnown) {
  wait->begin(Clock::now(), EagerWait::longest + 1us);
  wait->begin(Clock::now(), 0us);
  EXPECT_FALSE(wait->lasts());
  EXPECT_EQ(io.run(), 0u);
}

TEST_F(EagerWaitTest, IsOneForAllExchanges) {
  const auto begun = Clock::now() + 1h;
  wait->begin(begun, 50us);
  wait->begin(begun, 50us);
  wait->end();
  EXPECT_EQ(io.run(), 1u);
}

}  // namespace
}  // namespace ferryman::exchange
