#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ferryman::exchange {

// What exchanges have shown of one transport of one KDC: how long it takes to answer, and whether it does. A
// circuit breaker. Pure: time is passed in. Not thread-safe.
//
// What fails is set aside for a pause, then on trial by a health check over the same transport. The pause
// doubles each time that it is set aside, up to 30 s, until it has served for half a minute: so what answers
// only now and then does not come and go with every request.
class TransportHealth {
 public:
  using Clock = std::chrono::steady_clock;
  using Latency = std::chrono::microseconds;

  enum class State : std::uint8_t {
    untried,  // nothing is known of it
    serving,
    set_aside,  // asked after all others, until retry_at()
    on_trial,   // the same, while a health check is under way
  };

  // It serves (again).
  void note_answer(Clock::time_point now);
  // The same, by a health check, which shows less than a user's request.
  void note_passed_trial(Clock::time_point now);
  // Of an answer, or how long there has been none.
  void note_latency(Clock::time_point now, Latency latency);
  // Refused, closed or talking nonsense, or a trial without an answer: set aside at once.
  void note_failure(Clock::time_point now);
  // No answer at all since a request of that many octets was sent, which is long ago: set aside at once, the
  // first time without a pause, since it may have been one lost datagram.
  void note_silence(Clock::time_point now, std::size_t octets);
  // Another KDC answered first. Three times in a row are no chance: set aside.
  void note_outrun(Clock::time_point now, std::size_t octets);
  // The KDC's other transport is dead, and the KDC itself may be: on trial before a user waits for that.
  void suspect(Clock::time_point now);
  // The KDC's other transport has come back: no pause now, nor after a trial that is under way.
  void end_pause(Clock::time_point now);
  void begin_trial() { state_ = State::on_trial; }
  // Nobody asks for it any more: nothing is known again.
  void forget_failure() { state_ = State::untried; }

  State state() const { return state_; }
  bool has_answered() const { return state_ == State::serving; }
  // Not known to be dead.
  bool usable() const { return state_ == State::serving || state_ == State::untried; }
  // It serves, and its last word was an answer.
  bool answers() const { return has_answered() && failures_in_a_row_ == 0; }
  // It has been set aside for what may mean nothing, and no trial has failed yet.
  bool only_suspected() const { return suspected_; }
  Clock::time_point retry_at() const { return retry_at_; }
  Clock::time_point last_answer() const { return last_answer_; }
  unsigned failures_in_a_row() const { return failures_in_a_row_; }
  // How often it was set aside, since it last served for long.
  unsigned times_set_aside() const { return times_set_aside_; }
  // Of the smallest request in vain since the last answer to a user, which a health check must match: large
  // ones may be lost where small ones pass. 0: none.
  std::size_t unanswered_octets() const { return unanswered_octets_; }

  // Exponentially weighted moving average of the latency; 0 before the first answer.
  Latency average() const { return average_; }
  // 19 of 20 answers came within that, of the last 64; 0 until 16 have been seen.
  Latency p95() const { return p95_; }
  // Whether the average is recent enough to compare KDCs by.
  bool is_known(Clock::time_point now) const;

 private:
  void serve(Clock::time_point now);
  void set_aside(Clock::time_point now, bool may_be_chance);
  void note_unanswered(std::size_t octets);

  static constexpr std::size_t window = 64, least_samples = 16, between_sorts = 8;

  State state_ = State::untried;
  bool suspected_ = false, no_next_pause_ = false;
  Clock::time_point retry_at_{}, measured_at_{}, last_answer_{}, serves_since_{};
  unsigned failures_in_a_row_ = 0, outrun_in_a_row_ = 0, times_set_aside_ = 0, pauses_ = 0;
  std::size_t unanswered_octets_ = 0;
  Latency average_{0}, p95_{0};
  std::array<std::uint32_t, window> recent_{};  // microseconds
  std::size_t samples_ = 0;
};

// What requests are sent twice for want of a quick answer: at most a share of all.
class HedgeBudget {
 public:
  void note_request() { credit_ = credit_ + share < burst ? credit_ + share : burst; }
  bool take() {
    if (credit_ < 1) return false;
    credit_ -= 1;
    return true;
  }

 private:
  static constexpr double share = 0.05, burst = 10;
  double credit_ = burst;
};

}  // namespace ferryman::exchange
