#include "exchange/transport_health.h"

#include <algorithm>
#include <utility>

namespace ferryman::exchange {
namespace {

using std::chrono::seconds;

constexpr unsigned outrun_allowed = 3, max_doublings = 5;
constexpr seconds first_pause{1}, longest_pause{30}, settled_after{30}, stale_after{30};
constexpr int average_of = 8;

}  // namespace

void TransportHealth::serve(Clock::time_point now) {
  if (state_ != State::serving) serves_since_ = now;
  state_ = State::serving;
  suspected_ = no_next_pause_ = false;
  last_answer_ = now;
  failures_in_a_row_ = outrun_in_a_row_ = 0;
}

void TransportHealth::note_answer(Clock::time_point now) {
  serve(now);
  unanswered_octets_ = 0;
}

void TransportHealth::note_passed_trial(Clock::time_point now) {
  serve(now);
}

void TransportHealth::note_failure(Clock::time_point now) {
  ++failures_in_a_row_;
  set_aside(now, false);
}

void TransportHealth::note_unanswered(std::size_t octets) {
  ++failures_in_a_row_;
  if (unanswered_octets_ == 0 || octets < unanswered_octets_) unanswered_octets_ = octets;
}

void TransportHealth::note_silence(Clock::time_point now, std::size_t octets) {
  note_unanswered(octets);
  if (usable()) set_aside(now, true);
}

void TransportHealth::note_outrun(Clock::time_point now, std::size_t octets) {
  note_unanswered(octets);
  if (++outrun_in_a_row_ >= outrun_allowed && usable()) set_aside(now, false);
}

void TransportHealth::suspect(Clock::time_point now) {
  if (!usable()) return;
  state_ = State::set_aside;
  suspected_ = true;
  retry_at_ = now;
}

// What fails while it is set aside already, such as the others of a burst, makes the pause no longer.
void TransportHealth::set_aside(Clock::time_point now, bool may_be_chance) {
  outrun_in_a_row_ = 0;
  if (state_ == State::set_aside && !suspected_) return;
  if (state_ == State::serving && now - serves_since_ >= settled_after) times_set_aside_ = pauses_ = 0;
  state_ = State::set_aside;
  suspected_ = may_be_chance && times_set_aside_ == 0;
  ++times_set_aside_;
  retry_at_ = now;
  if (std::exchange(no_next_pause_, false) || suspected_) return;
  const auto pause = first_pause * (1U << std::min(pauses_++, max_doublings));
  retry_at_ += std::min<Clock::duration>(pause, longest_pause);
}

void TransportHealth::end_pause(Clock::time_point now) {
  if (state_ == State::on_trial) {
    no_next_pause_ = true;
  } else {
    retry_at_ = now;
  }
}

bool TransportHealth::is_known(Clock::time_point now) const {
  return average_.count() > 0 && now - measured_at_ < stale_after;
}

void TransportHealth::note_latency(Clock::time_point now, Latency latency) {
  const Latency least{1};
  latency = std::max(latency, least);
  average_ = is_known(now) ? average_ + (latency - average_) / average_of : latency;
  measured_at_ = now;
  recent_[samples_ % window] =
      static_cast<std::uint32_t>(std::min<std::int64_t>(latency.count(), UINT32_MAX));
  ++samples_;
  if (samples_ < least_samples || samples_ % between_sorts != 0) return;
  auto sorted = recent_;
  const std::size_t count = std::min(samples_, window);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(count * 95 / 100);
  std::nth_element(sorted.begin(), at, sorted.begin() + static_cast<std::ptrdiff_t>(count));
  p95_ = Latency(*at);
}

}  // namespace ferryman::exchange
