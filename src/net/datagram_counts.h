#pragma once

#include <cstdint>

namespace ferryman::net {

// What has become of one worker's datagrams.
struct DatagramCounts {
  std::uint64_t taken = 0;        // as requests
  std::uint64_t repeated = 0;     // passed over: the same was in work
  std::uint64_t unfit = 0;        // empty, too large, or from port 0
  std::uint64_t answer_lost = 0;  // the kernel did not take the answer

  DatagramCounts& operator+=(const DatagramCounts& other) {
    taken += other.taken;
    repeated += other.repeated;
    unfit += other.unfit;
    answer_lost += other.answer_lost;
    return *this;
  }
};

}  // namespace ferryman::net
