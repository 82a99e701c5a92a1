#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "exchange/exchange_state.h"
#include "exchange/tcp_pool.h"

namespace ferryman::exchange {

// One request over TCP and its answer, on a connection kept from an earlier one or on a new one. Who owns it
// waits and calls proceed(), until there is an end. An answer lies in the upstream's scratch, or in the
// outcome's buffer when it came in pieces.
class TcpAttempt {
 public:
  // anew: not on a kept connection.
  TcpAttempt(ExchangeState& exchange, const Target& target, bool anew)
      : exchange_(exchange), target_(target), anew_(anew) {}

  std::optional<AttemptEnd> begin(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> proceed(TcpPool::Clock::time_point now);
  bool connecting() const { return state_ == State::connecting; }
  bool reading() const { return state_ == State::reading; }
  bool on_kept_connection() const { return kept_; }

  bool has(const void* pooled) const { return socket_.get() == pooled; }
  // While reading(). A piece may have filled the buffer it was read into.
  void wait(SocketReaderPtr reader) { socket_->await(std::move(reader), in_.empty()); }
  // Else.
  template <typename Handler>
  void wait_to_write(Handler handler) {
    socket_->socket.async_wait(TcpPool::PooledSocket::Socket::wait_write, std::move(handler));
  }

 private:
  enum class State : std::uint8_t { connecting, writing, reading };

  std::optional<AttemptEnd> connect(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> write(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> read(TcpPool::Clock::time_point now);
  std::optional<AttemptEnd> died(TcpPool::Clock::time_point now);
  AttemptEnd finish(Bytes input, TcpPool::Clock::time_point now);
  void reset();

  ExchangeState& exchange_;
  const Target& target_;
  const bool anew_;
  TcpPool::SocketPtr socket_;
  State state_ = State::connecting;
  bool kept_ = false;
  std::size_t written_ = 0;       // of prefix and request
  std::vector<std::uint8_t> in_;  // of a reply that comes in pieces, with its prefix
};

}  // namespace ferryman::exchange
