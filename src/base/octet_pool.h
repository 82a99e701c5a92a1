#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "base/bytes.h"
#include "base/recycled.h"

namespace ferryman {

// Empty vectors whose memory serves the next message, kept for each thread: at most `max_kept`, none that had
// grown beyond max_capacity. What waits for nothing holds none.
class OctetPool {
 public:
  static constexpr std::size_t max_kept = 64, max_capacity = 32 * 1024;

  // Empty, with or without capacity.
  static Octets take() {
    if (kept.count == 0) return {};
    Octets& last = kept.at(--kept.count);
    Octets octets;
    octets.swap(last);
    std::destroy_at(&last);
    return octets;
  }

  static void give(Octets&& octets) {
    Octets ours = std::move(octets);
    const bool worth_it = ours.capacity() > 0 && ours.capacity() <= max_capacity;
    if (!recycles || !worth_it || kept.count == max_kept) return;
    ours.clear();
    new (&kept.at(kept.count++)) Octets(std::move(ours));
  }

 private:
  // Without a destructor, as in Recycled.
  struct Kept {
    alignas(Octets) std::byte room[max_kept * sizeof(Octets)];
    std::size_t count;
    Octets& at(std::size_t index) { return reinterpret_cast<Octets*>(room)[index]; }
  };
  static constinit inline thread_local Kept kept{};
};

}  // namespace ferryman
