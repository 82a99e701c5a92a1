#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/set.hpp>
#include <chrono>
#include <memory>

namespace ferryman::exchange {

// Points of time on one timer of the event loop: setting one allocates nothing and, being mostly later than
// what the timer waits for already, does not touch the event loop. One thread.
class TimerQueue : public std::enable_shared_from_this<TimerQueue> {
 public:
  using Clock = std::chrono::steady_clock;

  class Timer
      : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    virtual ~Timer() = default;
    virtual void on_timer() = 0;

   private:
    friend class TimerQueue;
    friend bool operator<(const Timer& a, const Timer& b) { return a.at_ < b.at_; }
    Clock::time_point at_;
  };

  explicit TimerQueue(boost::asio::io_context& io) : timer_(io) {}

  // Calls timer.on_timer() at that time, once, unless it is set anew, cancelled or destroyed before.
  void set(Timer& timer, Clock::time_point at);
  static void cancel(Timer& timer) { timer.unlink(); }
  // No more calls.
  void stop();

 private:
  void arm(Clock::time_point at);
  void fire();

  using AsioTimer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                      boost::asio::io_context::executor_type>;
  boost::intrusive::multiset<Timer, boost::intrusive::constant_time_size<false>> timers_;
  AsioTimer timer_;
  Clock::time_point armed_ = Clock::time_point::max();
};

}  // namespace ferryman::exchange
