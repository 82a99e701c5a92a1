#pragma once

#include <chrono>
#include <cstddef>

namespace ferryman::exchange {

struct Options {
  // The longest silence before the next KDC is asked as well; less once the KDC's own p95 is known.
  std::chrono::milliseconds hedge_delay{1000};
  std::chrono::milliseconds connect_timeout{2000};  // TCP
  std::size_t max_reply = 128 * 1024;               // announced length above this: the KDC has failed
  std::size_t max_udp_request = 1400;               // larger ones go by TCP where the KDC's entry allows
  std::size_t max_udp_reply = 1400;                 // replies that were larger by TCP keep TCP in use
  std::size_t idle_connections = 64;                // kept per KDC
  std::chrono::milliseconds idle_timeout{10000};    // of a kept connection
};

}  // namespace ferryman::exchange
