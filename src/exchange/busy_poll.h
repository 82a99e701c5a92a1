#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "exchange/transport_health.h"

namespace ferryman::exchange {

// Keeps the event loop from sleeping while an answer is about to come: to be woken takes longer than a KDC
// nearby takes to answer. All that comes meanwhile is served as ever. One thread.
class BusyPoll : public std::enable_shared_from_this<BusyPoll> {
 public:
  using Clock = std::chrono::steady_clock;

  // A KDC that nearly always answers within this is waited for so, and no longer than this.
  static constexpr std::chrono::microseconds longest{150};

  explicit BusyPoll(boost::asio::io_context& io) : io_(io) {}

  // A request has been sent. p95: of the KDC, 0 when not known.
  void begin(Clock::time_point now, TransportHealth::Latency p95);
  // An exchange has ended. Others may go on: their answers wake the thread.
  void end() { until_ = {}; }
  bool lasts() const { return waiting_; }

 private:
  void turn();

  boost::asio::io_context& io_;
  Clock::time_point until_{};
  bool waiting_ = false;
};

}  // namespace ferryman::exchange
