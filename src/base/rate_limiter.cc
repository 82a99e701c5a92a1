#include "base/rate_limiter.h"

#include <algorithm>
#include <random>

namespace ferryman {
namespace {

// A slot holds 16 bits of the key's hash and, in 48 bits of microseconds, the time at which the bucket will
// be full again (the generic cell rate algorithm's theoretical arrival time). 0: free.
constexpr unsigned time_bits = 48;
constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;

std::uint64_t tag_of(std::uint64_t hash) {
  return (hash >> time_bits | 1) << time_bits;
}

std::uint64_t limit(Rate rate, std::uint64_t now) {
  return now + static_cast<std::uint64_t>(rate.interval.count()) * rate.burst;
}

}  // namespace

RateLimiter::RateLimiter(std::size_t slots)
    : lines_(slots / ways),
      seed_(static_cast<std::uint64_t>(std::random_device()()) << 32 | std::random_device()()),
      epoch_(Clock::now()) {}

std::uint64_t RateLimiter::microseconds(Clock::time_point now) const {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now - epoch_).count());
}

// SplitMix64's finalizer.
std::uint64_t RateLimiter::mix(std::uint64_t key) const {
  key ^= seed_;
  key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9;
  key = (key ^ key >> 27) * 0x94d049bb133111eb;
  return key ^ key >> 31;
}

bool RateLimiter::take(std::uint64_t key, Rate rate, Clock::time_point at) {
  if (rate.unlimited()) return true;
  const std::uint64_t hash = mix(key), tag = tag_of(hash), now = microseconds(at);
  Line& line = lines_[hash & (lines_.size() - 1)];
  constexpr int attempts = 16;  // then so many others change this line that one more does no harm
  for (int i = 0; i < attempts; ++i) {
    auto* slot = line.slots;
    std::uint64_t held = slot->load(std::memory_order_relaxed);
    for (auto& candidate : line.slots) {
      const std::uint64_t value = candidate.load(std::memory_order_relaxed);
      const bool ours = (value & ~time_mask) == tag;
      if (!ours && (value & time_mask) >= (held & time_mask)) continue;
      slot = &candidate;
      held = value;
      if (ours) break;
    }
    const bool ours = (held & ~time_mask) == tag;
    const std::uint64_t full_at =
        std::max(ours ? held & time_mask : 0, now) + static_cast<std::uint64_t>(rate.interval.count());
    if (full_at > limit(rate, now)) return false;
    if (slot->compare_exchange_weak(held, tag | (full_at & time_mask), std::memory_order_relaxed))
      return true;
  }
  return true;
}

bool RateLimiter::has(std::uint64_t key, Rate rate, Clock::time_point at) const {
  if (rate.unlimited()) return true;
  const std::uint64_t hash = mix(key), tag = tag_of(hash), now = microseconds(at);
  const Line& line = lines_[hash & (lines_.size() - 1)];
  for (const auto& slot : line.slots) {
    const std::uint64_t value = slot.load(std::memory_order_relaxed);
    if ((value & ~time_mask) != tag) continue;
    return std::max(value & time_mask, now) + static_cast<std::uint64_t>(rate.interval.count()) <=
           limit(rate, now);
  }
  return rate.burst > 0;
}

}  // namespace ferryman
