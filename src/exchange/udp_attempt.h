#pragma once

#include <optional>
#include <utility>

#include "exchange/exchange_state.h"
#include "exchange/udp_pool.h"

namespace ferryman::exchange {

// One datagram to a KDC and what comes back. Who owns it waits and calls receive(), until there is an end. An
// answer lies in the upstream's scratch: who wants to keep it copies it at once.
class UdpAttempt {
 public:
  UdpAttempt(ExchangeState& exchange, const Target& target) : exchange_(exchange), target_(target) {}

  std::optional<AttemptEnd> send(UdpPool::Clock::time_point now);
  std::optional<AttemptEnd> receive(UdpPool::Clock::time_point now);

  bool has(const void* pooled) const { return socket_.get() == pooled; }
  // What has disturbed may have more behind it.
  void wait(SocketReaderPtr reader) { socket_->await(std::move(reader), !disturbed_); }

 private:
  AttemptEnd refused();

  ExchangeState& exchange_;
  const Target& target_;
  UdpPool::SocketPtr socket_;
  bool written_before_ = false, disturbed_ = false;
};

}  // namespace ferryman::exchange
