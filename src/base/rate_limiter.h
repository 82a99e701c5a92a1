#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace ferryman {

// How much one key may do: `burst` at once, then one per `interval`.
struct Rate {
  std::chrono::microseconds interval{0};
  std::uint32_t burst = 0;

  static Rate per_second(std::uint32_t count, std::uint32_t burst) {
    return {std::chrono::microseconds(count == 0 ? 0 : std::max(1U, 1'000'000 / count)), burst};
  }
  bool unlimited() const { return interval.count() == 0; }
};

// Token buckets for any number of keys in a fixed amount of memory; lock-free, shared by all workers. Where
// more keys are active than there is room for, those that have used least are forgotten: a key may then get
// more than its rate, never less.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  // slots: keys that can be remembered, a power of two from 8 on; eight octets each, resident once used.
  explicit RateLimiter(std::size_t slots);

  // Takes one from the key's bucket; false when it is empty.
  bool take(std::uint64_t key, Rate rate, Clock::time_point now);
  // Puts one back that take() has taken at that rate; nothing when the key was forgotten meanwhile.
  void give_back(std::uint64_t key, Rate rate, Clock::time_point now);
  // Whether take() would be true.
  bool has(std::uint64_t key, Rate rate, Clock::time_point now) const;
  // How many keys have used something that they have not got back yet; looks at every slot.
  std::size_t in_use(Clock::time_point now) const;

 private:
  static constexpr std::size_t ways = 8;  // one cache line
  struct alignas(64) Line {
    std::uint64_t slots[ways];  // accessed atomically
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::uint64_t microseconds(Clock::time_point now) const;
  std::uint64_t mix(std::uint64_t key) const;
  Line& line(std::uint64_t hash) const;

  std::size_t lines_;
  std::unique_ptr<void, Free> memory_;
  std::uint64_t seed_;  // so that nobody can choose keys that fall together
  Clock::time_point epoch_;
};

}  // namespace ferryman
