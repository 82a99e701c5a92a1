#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "gateway/gateway.h"

namespace ferryman {

// What came of the requests of the last hour, in slots of ten seconds: the differences between what all
// workers report. For the main thread, which shows it. Bounded by max_slots and the KDCs that are known.
class History {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds interval{10};
  static constexpr std::size_t max_slots = 360;

  struct Slot {
    std::array<std::uint64_t, gateway::event_kinds> events{};  // by EventKind
    std::optional<std::uint64_t>
        mean_us;  // from a request's arrival to its answer; nothing: none was answered
    std::optional<std::uint64_t> kdc_p95_us;  // of the slowest KDC of those that answered, as it is known now
  };

  explicit History(Clock::time_point start) : next_(start + interval) {}

  // What the workers report now. Makes a slot when its time is over; otherwise nothing. One is longer than
  // the others where a worker did not report in time.
  void look(const std::vector<gateway::Report>& workers, Clock::time_point now);

  // The oldest first.
  const std::deque<Slot>& slots() const { return slots_; }

 private:
  std::optional<std::uint64_t> slowest_p95(const std::vector<gateway::Report>& workers);

  Clock::time_point next_;
  gateway::Counts before_;
  std::map<exchange::KdcKey, std::array<std::uint64_t, 2>> answers_before_;  // by UDP and by TCP
  std::deque<Slot> slots_;
};

}  // namespace ferryman
