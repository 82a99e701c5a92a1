#include "exchange/alarms.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace ferryman::exchange {
namespace {

using namespace std::chrono_literals;
using Clock = Alarms::Clock;

struct Bell final : Alarms::Alarm {
  explicit Bell(std::vector<const Bell*>& o) : order(o) {}
  void on_alarm() override { order.push_back(this); }
  std::vector<const Bell*>& order;
};

class AlarmsTest : public ::testing::Test {
 protected:
  boost::asio::io_context io{1};
  std::shared_ptr<Alarms> alarms = std::make_shared<Alarms>(io);
  std::vector<const Bell*> order;
  const Clock::time_point now = Clock::now();
};

TEST_F(AlarmsTest, RingInTheOrderOfTheirTimes) {
  Bell late(order), early(order), middle(order);
  alarms->set(late, now + 3ms);
  alarms->set(early, now + 1ms);
  alarms->set(middle, now + 2ms);
  io.run();
  EXPECT_EQ(order, (std::vector<const Bell*>{&early, &middle, &late}));
}

TEST_F(AlarmsTest, OneThatIsCancelledOrGoneIsSilentAndTheNextStillRings) {
  Bell cancelled(order), last(order);
  {
    Bell gone(order);
    alarms->set(gone, now + 1ms);
    alarms->set(cancelled, now + 1ms);
    alarms->set(last, now + 2ms);
    Alarms::cancel(cancelled);
  }
  io.run();
  EXPECT_EQ(order, std::vector<const Bell*>{&last});
}

TEST_F(AlarmsTest, OneThatIsSetAnewRingsOnceAtItsNewTime) {
  Bell moved(order), other(order);
  alarms->set(moved, now + 1ms);
  alarms->set(other, now + 2ms);
  alarms->set(moved, now + 4ms);
  io.run();
  EXPECT_EQ(order, (std::vector<const Bell*>{&other, &moved}));
}

TEST_F(AlarmsTest, StoppedTheyAreSilentAndTheEventLoopHasNothingToWaitFor) {
  Bell bell(order);
  alarms->set(bell, now + 1h);
  alarms->stop();
  io.run();
  EXPECT_TRUE(order.empty());
}

}  // namespace
}  // namespace ferryman::exchange
