#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/set.hpp>
#include <chrono>
#include <memory>

namespace ferryman::exchange {

// Points of time on one timer of the event loop: setting one allocates nothing and, being mostly later than
// what the timer waits for already, does not touch the event loop. One thread.
class Alarms : public std::enable_shared_from_this<Alarms> {
 public:
  using Clock = std::chrono::steady_clock;

  class Alarm
      : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    virtual ~Alarm() = default;
    virtual void on_alarm() = 0;

   private:
    friend class Alarms;
    friend bool operator<(const Alarm& a, const Alarm& b) { return a.at_ < b.at_; }
    Clock::time_point at_;
  };

  explicit Alarms(boost::asio::io_context& io) : timer_(io) {}

  // Calls alarm.on_alarm() at that time, once, unless it is set anew, cancelled or destroyed before.
  void set(Alarm& alarm, Clock::time_point at);
  static void cancel(Alarm& alarm) { alarm.unlink(); }
  // No more calls.
  void stop();

 private:
  void arm(Clock::time_point at);
  void ring();

  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                  boost::asio::io_context::executor_type>;
  boost::intrusive::multiset<Alarm, boost::intrusive::constant_time_size<false>> alarms_;
  Timer timer_;
  Clock::time_point armed_ = Clock::time_point::max();
};

}  // namespace ferryman::exchange
