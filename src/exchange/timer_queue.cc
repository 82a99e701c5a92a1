#include "exchange/timer_queue.h"

#include <algorithm>

namespace ferryman::exchange {

namespace {

// Between two times, which many that are due meanwhile share.
constexpr std::chrono::milliseconds least_pause{1};

}  // namespace

void TimerQueue::set(Timer& timer, Clock::time_point at) {
  if (timer.is_linked()) timer.unlink();
  timer.at_ = at;
  timers_.insert(timers_.end(), timer);  // which is where most belong
  if (at < armed_) arm(at);
}

void TimerQueue::stop() {
  timers_.clear();
  timer_.cancel();
}

void TimerQueue::arm(Clock::time_point at) {
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->fire();
  });
}

// What was armed for may have been cancelled since: then there is only the next one to wait for.
void TimerQueue::fire() {
  armed_ = Clock::time_point::max();
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->at_ <= now) {
    Timer& due = *timers_.begin();
    due.unlink();
    due.on_timer();
  }
  if (!timers_.empty() && timers_.begin()->at_ < armed_)
    arm(std::max(timers_.begin()->at_, now + least_pause));
}

}  // namespace ferryman::exchange
