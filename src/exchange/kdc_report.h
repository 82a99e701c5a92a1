#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>

#include "discovery/kdc.h"
#include "exchange/kdc_memory.h"

namespace ferryman::exchange {

// How one transport of a KDC has done so far.
struct TransportReport {
  discovery::Transport transport = discovery::Transport::any;  // then udp or tcp
  TransportHealth::State state = TransportHealth::State::untried;
  TransportHealth::Latency average{0}, p95{0};  // 0: not known
  unsigned failures_in_a_row = 0;
  TransportCounts counts;

  bool used() const { return state != TransportHealth::State::untried || counts.requests > 0; }
  bool set_aside() const {
    return state == TransportHealth::State::set_aside || state == TransportHealth::State::on_trial;
  }
};

struct KdcReport {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
  std::array<TransportReport, 2> transports;  // udp, tcp

  // Every transport that has been used is set aside.
  bool set_aside() const {
    bool any_used = false;
    for (const TransportReport& transport : transports) {
      if (transport.used() && !transport.set_aside()) return false;
      any_used |= transport.used();
    }
    return any_used;
  }
};

// Told when a transport of a KDC (kdc.transport: udp or tcp) is set aside, and when it serves again.
using HealthObserver = std::function<void(const discovery::Kdc& kdc, bool serves)>;

}  // namespace ferryman::exchange
