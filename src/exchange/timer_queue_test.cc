#include "exchange/timer_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace ferryman::exchange {
namespace {

using namespace std::chrono_literals;
using Clock = TimerQueue::Clock;

struct Bell final : TimerQueue::Timer {
  explicit Bell(std::vector<const Bell*>& o) : order(o) {}
  void on_timer() override { order.push_back(this); }
  std::vector<const Bell*>& order;
};

class TimerQueueTest : public ::testing::Test {
 protected:
  boost::asio::io_context io{1};
  std::shared_ptr<TimerQueue> timers = std::make_shared<TimerQueue>(io);
  std::vector<const Bell*> order;
  const Clock::time_point now = Clock::now();
};

TEST_F(TimerQueueTest, FireInTheOrderOfTheirTimes) {
  Bell late(order), early(order), middle(order);
  timers->set(late, now + 3ms);
  timers->set(early, now + 1ms);
  timers->set(middle, now + 2ms);
  io.run();
  EXPECT_EQ(order, (std::vector<const Bell*>{&early, &middle, &late}));
}

TEST_F(TimerQueueTest, OneThatIsCancelledOrGoneIsSilentAndTheNextStillFires) {
  Bell cancelled(order), last(order);
  {
    Bell gone(order);
    timers->set(gone, now + 1ms);
    timers->set(cancelled, now + 1ms);
    timers->set(last, now + 2ms);
    TimerQueue::cancel(cancelled);
  }
  io.run();
  EXPECT_EQ(order, std::vector<const Bell*>{&last});
}

TEST_F(TimerQueueTest, OneThatIsSetAnewFiresOnceAtItsNewTime) {
  Bell moved(order), other(order);
  timers->set(moved, now + 1ms);
  timers->set(other, now + 2ms);
  timers->set(moved, now + 4ms);
  io.run();
  EXPECT_EQ(order, (std::vector<const Bell*>{&other, &moved}));
}

TEST_F(TimerQueueTest, StoppedTheyAreSilentAndTheEventLoopHasNothingToWaitFor) {
  Bell bell(order);
  timers->set(bell, now + 1h);
  timers->stop();
  io.run();
  EXPECT_TRUE(order.empty());
}

}  // namespace
}  // namespace ferryman::exchange
