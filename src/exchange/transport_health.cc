#include "exchange/transport_health.h"

#include <algorithm>

namespace ferryman::exchange {
namespace {

using std::chrono::seconds;

constexpr unsigned silences_allowed = 3, max_doublings = 5;
constexpr seconds first_pause{1}, longest_pause{30}, stale_after{30};
constexpr int average_of = 8;

}  // namespace

void TransportHealth::note_answer() {
  state_ = State::serving;
  failures_ = silences_ = 0;
}

void TransportHealth::note_failure(Clock::time_point now) {
  set_aside(now);
}

void TransportHealth::note_silence(Clock::time_point now) {
  if (++silences_ >= silences_allowed) set_aside(now);
}

// What fails while it is set aside already, such as the others of a burst, makes the pause no longer.
void TransportHealth::set_aside(Clock::time_point now) {
  silences_ = 0;
  if (state_ == State::set_aside) return;
  state_ = State::set_aside;
  ++failures_;
  const unsigned doublings = std::min(failures_ - 1, max_doublings);
  retry_at_ = now + std::min<Clock::duration>(first_pause * (1U << doublings), longest_pause);
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
