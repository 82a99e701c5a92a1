#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/recycled.h"

namespace ferryman {

using Octets = std::vector<std::uint8_t>;

// Empty vectors whose memory serves the next message, kept for each thread: at most `max_kept`, none that had
// grown beyond max_capacity. What waits for nothing holds none.
class OctetPool {
 public:
  static constexpr std::size_t max_kept = 64, max_capacity = 16 * 1024;

  // Empty, with or without capacity.
  static Octets take() {
    auto& kept = mine().kept;
    if (kept.empty()) return {};
    Octets octets = std::move(kept.back());
    kept.pop_back();
    return octets;
  }

  static void give(Octets&& octets) {
    Mine& pool = mine();
    if (!recycles || octets.capacity() == 0 || octets.capacity() > max_capacity ||
        pool.kept.size() == pool.kept.capacity()) {
      Octets(std::move(octets));  // freed
      return;
    }
    octets.clear();
    pool.kept.push_back(std::move(octets));
  }

 private:
  struct Mine {
    Mine() { kept.reserve(max_kept); }
    std::vector<Octets> kept;
  };
  static Mine& mine() {
    thread_local Mine pool;
    return pool;
  }
};

}  // namespace ferryman
