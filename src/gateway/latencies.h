#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace ferryman::gateway {

// How long something has taken, as a histogram with fixed bounds. One thread.
class Latencies {
 public:
  // Microseconds; what has taken longer than the last of them counts behind it.
  static constexpr std::array<std::uint32_t, 13> bounds{1'000,     2'500,     5'000,     10'000,  25'000,
                                                        50'000,    100'000,   250'000,   500'000, 1'000'000,
                                                        2'500'000, 5'000'000, 10'000'000};

  void add(std::uint32_t microseconds) {
    std::size_t i = 0;
    while (i < bounds.size() && microseconds > bounds[i]) ++i;
    ++counts_[i];
    sum_ += microseconds;
  }
  Latencies& operator+=(const Latencies& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
    return *this;
  }
  // Up to bounds[i] and above the bound before it.
  std::uint64_t operator[](std::size_t i) const { return counts_[i]; }
  std::uint64_t sum() const { return sum_; }  // microseconds
  std::uint64_t size() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  std::uint64_t sum_ = 0;
};

}  // namespace ferryman::gateway
