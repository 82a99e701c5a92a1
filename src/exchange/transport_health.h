#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ferryman::exchange {

// What exchanges have shown of one KDC: how long it takes to answer, and whether it does. A circuit breaker
// with three states. Pure: time is passed in. Not thread-safe.
class TransportHealth {
 public:
  using Clock = std::chrono::steady_clock;
  using Latency = std::chrono::microseconds;

  enum class State : std::uint8_t {
    serving,
    set_aside,  // asked after all others, until retry_at()
    on_trial,   // the same, while a probe is under way
  };

  // A KDC that was set aside serves again.
  void note_answer();
  // Of an answer, or how long there has been none.
  void note_latency(Clock::time_point now, Latency latency);
  // Refused, closed or talking nonsense: set aside at once, for 1 s the first time, up to 30 s.
  void note_failure(Clock::time_point now);
  // Silent while another KDC answered, or for very long. Three times in a row and it is set aside.
  void note_silence(Clock::time_point now);
  void begin_trial() { state_ = State::on_trial; }
  // It serves again without having been asked; the next failure counts on from those before.
  void end_pause() { state_ = State::serving; }

  State state() const { return state_; }
  bool serving() const { return state_ == State::serving; }
  // It serves, and its last word was an answer.
  bool answers() const { return serving() && silences_ == 0; }
  Clock::time_point retry_at() const { return retry_at_; }
  unsigned failures_in_a_row() const { return failures_; }

  // Exponentially weighted moving average of the latency; 0 before the first answer.
  Latency average() const { return average_; }
  // 19 of 20 answers came within that, of the last 64; 0 until 16 have been seen.
  Latency p95() const { return p95_; }
  // Whether the average is recent enough to compare KDCs by.
  bool is_known(Clock::time_point now) const;

 private:
  void set_aside(Clock::time_point now);

  static constexpr std::size_t window = 64, least_samples = 16, between_sorts = 8;

  State state_ = State::serving;
  Clock::time_point retry_at_{}, measured_at_{};
  unsigned failures_ = 0, silences_ = 0;
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
