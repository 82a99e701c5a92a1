#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <vector>

#include "exchange/attempt.h"

namespace ferryman::exchange {

// One exchange's plan and its attempts: which KDC by which transport, and when the next one.
class Contest : public std::enable_shared_from_this<Contest> {
 public:
  using Clock = std::chrono::steady_clock;

  // upstream, request: outlive run().
  Contest(Upstream& upstream, const kerberos::Request& request, const std::vector<locate::Kdc>& kdcs);

  boost::asio::awaitable<Outcome> run(Clock::time_point deadline);

 private:
  struct Step {
    locate::Kdc kdc;
    locate::Transport transport;  // udp or tcp
  };
  struct Running {
    Step step;
    Clock::time_point begun;
    bool noted_silent = false;
    boost::asio::cancellation_signal signal;
  };

  void plan(const std::vector<locate::Kdc>& kdcs);
  void plan_kdc(const locate::Kdc& kdc);
  std::deque<Step>::iterator next_step();
  bool is_running(const locate::Kdc& kdc) const;
  bool may_start();
  bool may_hedge();
  bool goes_round();
  void start();
  std::chrono::milliseconds patience() const;
  void attempt_ended(std::list<Running>::iterator attempt, AttemptEnd end);
  void note_failure(const Step& step);
  void note_silence(Running& attempt, Clock::time_point now);
  void note_silent_ones(Clock::time_point now);

  Race race_;
  const bool repeatable_;
  std::deque<Step> steps_;
  std::vector<Step> udp_steps_;  // to be asked again when all is silent
  unsigned rounds_ = 1;
  std::list<Running> running_;   // the one that began last at the end
  std::list<Running> finished_;  // kept, since a signal must outlive what it is bound to
  Clock::time_point next_at_{};  // when the next step may start although one is under way
  bool hedged_ = false;          // the step that starts next is one that the budget pays
};

}  // namespace ferryman::exchange
