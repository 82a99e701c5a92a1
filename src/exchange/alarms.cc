#include "exchange/alarms.h"

#include <algorithm>

namespace ferryman::exchange {

namespace {

// Between two rings, which many that are due meanwhile share.
constexpr std::chrono::milliseconds least_pause{1};

}  // namespace

void Alarms::set(Alarm& alarm, Clock::time_point at) {
  if (alarm.is_linked()) alarm.unlink();
  alarm.at_ = at;
  alarms_.insert(alarms_.end(), alarm);  // which is where most belong
  if (at < armed_) arm(at);
}

void Alarms::stop() {
  alarms_.clear();
  timer_.cancel();
}

void Alarms::arm(Clock::time_point at) {
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->ring();
  });
}

// What was armed for may have been cancelled since: then there is only the next one to wait for.
void Alarms::ring() {
  armed_ = Clock::time_point::max();
  const auto now = Clock::now();
  while (!alarms_.empty() && alarms_.begin()->at_ <= now) {
    Alarm& due = *alarms_.begin();
    due.unlink();
    due.on_alarm();
  }
  if (!alarms_.empty() && alarms_.begin()->at_ < armed_)
    arm(std::max(alarms_.begin()->at_, now + least_pause));
}

}  // namespace ferryman::exchange
