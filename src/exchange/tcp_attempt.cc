#include "exchange/tcp_attempt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace ferryman::exchange {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t prefix_size = 4;      // RFC 4120 7.2.2
constexpr std::size_t least_segment = 536;  // that TCP sends as one on any network (RFC 9293 3.7.1)

std::uint32_t u32(Bytes octets) {
  return static_cast<std::uint32_t>(octets[0]) << 24 | static_cast<std::uint32_t>(octets[1]) << 16 |
         static_cast<std::uint32_t>(octets[2]) << 8 | octets[3];
}

}  // namespace

std::optional<AttemptEnd> TcpAttempt::begin(TcpPool::Clock::time_point now) {
  // What must not be sent twice is not trusted to a connection that the KDC may be closing just now.
  if (exchange_.repeatable && !anew_)
    socket_ = exchange_.upstream.pool.take(key_of(*target_.kdc), *target_.record, now);
  kept_ = socket_ != nullptr;
  if (!kept_) return connect(now);
  state_ = State::writing;
  return write(now);
}

std::optional<AttemptEnd> TcpAttempt::connect(TcpPool::Clock::time_point now) {
  state_ = State::connecting;
  const tcp::endpoint endpoint(target_.kdc->address, target_.kdc->port);
  auto& upstream = exchange_.upstream;
  error_code error;
  socket_ = upstream.pool.make(endpoint.protocol(), now, error);
  if (error == asio::error::address_family_not_supported) return AttemptEnd::connect_failed;
  if (!socket_ && upstream.udp_pool.release()) socket_ = upstream.pool.make(endpoint.protocol(), now, error);
  if (!socket_) return AttemptEnd::no_socket;
  const auto size = static_cast<socklen_t>(endpoint.size());
  if (::connect(socket_->socket.native_handle(), endpoint.data(), size) != 0 && errno != EINPROGRESS) {
    return errno == EADDRNOTAVAIL ? AttemptEnd::no_socket : AttemptEnd::connect_failed;  // no port is free
  }
  return write(now);  // a KDC on this host is connected already
}

// To a connection that is not there yet too, which blocks; one that could not be made is an error here.
std::optional<AttemptEnd> TcpAttempt::write(TcpPool::Clock::time_point now) {
  const Bytes request = exchange_.request.bytes;
  const auto size = static_cast<std::uint32_t>(request.size());
  std::array<std::uint8_t, prefix_size> prefix = {
      static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  if (written_ == 0 && prefix_size + request.size() > least_segment) {
    const int on = 1;  // else the last of several segments waits for an acknowledgement
    ::setsockopt(socket_->socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  while (written_ < prefix_size + request.size()) {
    const std::size_t of_prefix = std::min(written_, prefix_size);
    const Bytes rest = request.subspan(written_ - of_prefix);
    std::array<iovec, 2> parts = {{{prefix.data() + of_prefix, prefix_size - of_prefix},
                                   {const_cast<std::uint8_t*>(rest.data()), rest.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t octets = ::sendmsg(socket_->socket.native_handle(), &message, MSG_NOSIGNAL);
    if (octets < 0 && errno == EAGAIN) return std::nullopt;
    if (octets < 0) return state_ == State::connecting ? AttemptEnd::connect_failed : died(now);
    state_ = State::writing;
    exchange_.written = true;
    written_ += static_cast<std::size_t>(octets);
  }
  ++exchange_.outcome.tries;
  state_ = State::reading;
  return std::nullopt;
}

std::optional<AttemptEnd> TcpAttempt::proceed(TcpPool::Clock::time_point now) {
  return state_ == State::reading ? read(now) : write(now);
}

// Never more than the limit is kept. A reply that comes in one piece, as nearly all do, is read where it
// lies.
std::optional<AttemptEnd> TcpAttempt::read(TcpPool::Clock::time_point now) {
  auto& scratch = exchange_.upstream.scratch;
  const ssize_t got = ::recv(socket_->socket.native_handle(), scratch.data(), scratch.size(), 0);
  if (got < 0 && errno == EAGAIN) return std::nullopt;
  if (got <= 0) return died(now);
  Bytes input = Bytes(scratch).first(static_cast<std::size_t>(got));
  const bool in_pieces = !in_.empty();
  if (in_pieces) {
    in_.insert(in_.end(), input.begin(), input.end());
    input = in_;
  }
  if (input.size() >= prefix_size) {
    // The length is judged before anything is kept for it (CVE-2025-59089, CVE-2024-43639).
    const std::size_t length = u32(input);
    if (length == 0 || length > exchange_.options.max_reply) return died(now);
    if (input.size() >= prefix_size + length) return finish(input, now);
  }
  if (!in_pieces) in_.assign(input.begin(), input.end());
  return std::nullopt;
}

// input: the whole reply with its prefix, and what else has come.
AttemptEnd TcpAttempt::finish(Bytes input, TcpPool::Clock::time_point now) {
  const std::size_t length = u32(input);
  if (exchange_.judge(input.subspan(prefix_size, length)) != ExchangeState::Verdict::accepted)
    return AttemptEnd::failed;
  target_.record->note_reply_size(exchange_.request.kind, length);
  exchange_.outcome.buffer = std::move(in_);
  exchange_.accept(*target_.kdc, discovery::Transport::tcp);
  if (input.size() == prefix_size + length && target_.record->may_keep(now)) {
    exchange_.upstream.pool.put(key_of(*target_.kdc), std::move(socket_), now);
  } else {
    reset();
  }
  return AttemptEnd::answered;
}

// Nothing is lost with a connection that has brought its answer. Closed in the usual way it would leave its
// port in TIME_WAIT, here or at the KDC, and a port here for each request of the last minute is more than
// there are.
void TcpAttempt::reset() {
  error_code ignored;
  socket_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.reset();
}

// A kept connection that died under the request: once more on a new one.
std::optional<AttemptEnd> TcpAttempt::died(TcpPool::Clock::time_point now) {
  if (!kept_) return AttemptEnd::failed;
  TcpPool::note_closed(*socket_, now, *target_.record);
  kept_ = false;
  written_ = 0;
  in_.clear();
  return connect(now);
}

}  // namespace ferryman::exchange
