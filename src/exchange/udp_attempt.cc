#include "exchange/udp_attempt.h"

#include <utility>

namespace ferryman::exchange {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// ICMP's ways to say that a datagram was not delivered (RFC 1122 4.1.3.3).
bool is_refusal(const error_code& error) {
  return error == asio::error::connection_refused || error == asio::error::host_unreachable ||
         error == asio::error::network_unreachable || error == asio::error::access_denied;
}

}  // namespace

std::optional<AttemptEnd> UdpAttempt::send(UdpPool::Clock::time_point now) {
  // What must be seen once could not be asked again if an answer came that belongs to another.
  const auto rested = exchange_.repeatable ? UdpPool::rest : UdpPool::long_rest;
  const auto since = target_.record->udp().sockets_since;
  auto [pooled, opened] = exchange_.upstream.udp_pool.take(key_of(*target_.kdc), rested, since, now);
  if (!opened) return AttemptEnd::no_socket;
  if (!pooled) return AttemptEnd::connect_failed;
  socket_ = std::move(pooled);
  const Bytes request = exchange_.request.bytes;
  error_code error;
  socket_->socket.send(asio::const_buffer(request.data(), request.size()), 0, error);
  if (error) return AttemptEnd::connect_failed;
  written_before_ = std::exchange(exchange_.written, true);
  ++exchange_.outcome.tries;
  return std::nullopt;
}

// By the host, or by a router on the way: no KDC has seen the datagram.
AttemptEnd UdpAttempt::refused() {
  exchange_.written = written_before_;
  --exchange_.outcome.tries;
  return AttemptEnd::connect_failed;
}

std::optional<AttemptEnd> UdpAttempt::receive(UdpPool::Clock::time_point now) {
  auto& scratch = exchange_.upstream.scratch;
  error_code error;
  const std::size_t got = socket_->socket.receive(asio::buffer(scratch), 0, error);
  if (error == asio::error::would_block) return std::nullopt;
  if (is_refusal(error)) return refused();
  if (error) return AttemptEnd::failed;
  switch (exchange_.judge(Bytes(scratch).first(got))) {
    case ExchangeState::Verdict::nonsense:
      disturbed_ = true;
      return std::nullopt;  // anybody can send a datagram; the KDC's may still come
    case ExchangeState::Verdict::too_big:
      return AttemptEnd::too_big;
    case ExchangeState::Verdict::unavailable:
      return AttemptEnd::failed;
    case ExchangeState::Verdict::accepted:
      break;
  }
  exchange_.accept(*target_.kdc, discovery::Transport::udp);
  if (!disturbed_) exchange_.upstream.udp_pool.put(key_of(*target_.kdc), std::move(socket_), now);
  return AttemptEnd::answered;
}

}  // namespace ferryman::exchange
