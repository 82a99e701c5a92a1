#include "base/rate_limiter.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <random>

namespace ferryman {
namespace {

// A slot holds 16 bits of the key's hash and, in 48 bits of microseconds, the time at which the bucket will
// be full again (the generic cell rate algorithm's theoretical arrival time). 0: free.
constexpr unsigned time_bits = 48;
constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;

using Slot = std::atomic_ref<std::uint64_t>;

std::uint64_t tag_of(std::uint64_t hash) {
  return (hash >> time_bits | 1) << time_bits;
}

std::uint64_t limit(Rate rate, std::uint64_t now) {
  return now + static_cast<std::uint64_t>(rate.interval.count()) * rate.burst;
}

}  // namespace

// calloc() gives pages that cost nothing until they are written, and few tables are ever full. Of one line
// more a part is left over at each end.
RateLimiter::RateLimiter(std::size_t slots)
    : lines_(slots / ways),
      memory_(std::calloc(lines_ + 1, sizeof(Line))),
      seed_(static_cast<std::uint64_t>(std::random_device()()) << 32 | std::random_device()()),
      epoch_(Clock::now()) {
  if (!memory_) throw std::bad_alloc();
}

RateLimiter::Line& RateLimiter::line(std::uint64_t hash) const {
  void* first = memory_.get();
  std::size_t size = (lines_ + 1) * sizeof(Line);
  std::align(alignof(Line), lines_ * sizeof(Line), first, size);
  return static_cast<Line*>(first)[hash & (lines_ - 1)];
}

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
  Line& places = line(hash);
  constexpr int attempts = 16;  // then so many others change this line that one more does no harm
  for (int i = 0; i < attempts; ++i) {
    std::uint64_t* slot = places.slots;
    std::uint64_t held = Slot(*slot).load(std::memory_order_relaxed);
    for (auto& candidate : places.slots) {
      const std::uint64_t value = Slot(candidate).load(std::memory_order_relaxed);
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
    if (Slot(*slot).compare_exchange_weak(held, tag | (full_at & time_mask), std::memory_order_relaxed))
      return true;
  }
  return true;
}

void RateLimiter::give_back(std::uint64_t key, Rate rate, Clock::time_point at) {
  if (rate.unlimited()) return;
  const std::uint64_t hash = mix(key), tag = tag_of(hash), now = microseconds(at);
  for (auto& slot : line(hash).slots) {
    std::uint64_t held = Slot(slot).load(std::memory_order_relaxed);
    while ((held & ~time_mask) == tag) {
      const std::uint64_t taken = static_cast<std::uint64_t>(rate.interval.count());
      const std::uint64_t full_at = std::max(held & time_mask, now + taken) - taken;
      if (Slot(slot).compare_exchange_weak(held, tag | full_at, std::memory_order_relaxed)) return;
    }
  }
}

bool RateLimiter::has(std::uint64_t key, Rate rate, Clock::time_point at) const {
  if (rate.unlimited()) return true;
  const std::uint64_t hash = mix(key), tag = tag_of(hash), now = microseconds(at);
  for (auto& slot : line(hash).slots) {
    const std::uint64_t value = Slot(slot).load(std::memory_order_relaxed);
    if ((value & ~time_mask) != tag) continue;
    return std::max(value & time_mask, now) + static_cast<std::uint64_t>(rate.interval.count()) <=
           limit(rate, now);
  }
  return rate.burst > 0;
}

std::size_t RateLimiter::in_use(Clock::time_point at) const {
  const std::uint64_t now = microseconds(at);
  std::size_t count = 0;
  for (std::uint64_t i = 0; i < lines_; ++i) {
    for (auto& slot : line(i).slots)
      if ((Slot(slot).load(std::memory_order_relaxed) & time_mask) > now) ++count;
  }
  return count;
}

}  // namespace ferryman
