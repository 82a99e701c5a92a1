#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>

#include "exchange/kdc_memory.h"
#include "locate/kdc.h"

namespace ferryman::exchange {

// How one KDC has done so far.
struct KdcReport {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
  TransportHealth::State state = TransportHealth::State::serving;
  TransportHealth::Latency average{0}, p95{0};  // 0: not known
  unsigned failures_in_a_row = 0;
  KdcCounts counts;
};

// Told when a KDC is set aside, and when it serves again.
using HealthObserver = std::function<void(const locate::Kdc& kdc, bool serves)>;

}  // namespace ferryman::exchange
