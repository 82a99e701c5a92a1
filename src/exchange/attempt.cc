#include "exchange/attempt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "kerberos/names.h"

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

// A KDC issues tickets of its own realm, also those that refer to another. Only a domain's NetBIOS name is
// answered under its full one (MS-KILE 3.3.5.1).
bool may_issue(std::string_view ticket_realm, std::string_view asked_realm) {
  return equal_without_case(ticket_realm, asked_realm) || asked_realm.find('.') == std::string_view::npos;
}

}  // namespace

Race::Verdict Race::judge(Bytes message) {
  const auto reply = kerberos::parse_reply(message, request.kind);
  if (!reply) {
    outcome.bad_reply = reply.error();
    return Verdict::nonsense;
  }
  if (!reply->realm.empty() && !may_issue(reply->realm, request.realm())) {
    outcome.bad_reply = Error{Fault::wrong_realm, 0};
    return Verdict::nonsense;
  }
  if (reply->kind == kerberos::ReplyKind::krb_error) {
    if (reply->error_code == kerberos::error_code::response_too_big) return Verdict::too_big;
    if (reply->error_code == kerberos::error_code::service_unavailable && repeatable) {
      return Verdict::unavailable;
    }
  }
  outcome.reply = *reply;
  return Verdict::accepted;
}

void Race::accept(const locate::Kdc& kdc, locate::Transport transport) {
  answered = true;
  outcome.kdc = &kdc;
  outcome.transport = transport;
  outcome.status = Status::answered;
}

std::optional<AttemptEnd> UdpAttempt::send(UdpPool::Clock::time_point now) {
  // What must be seen once could not be asked again if an answer came that belongs to another.
  const auto rested = race_.repeatable ? UdpPool::rest : UdpPool::long_rest;
  auto [line, opened] = race_.upstream.udp_pool.take(key_of(*contender_.kdc), rested, now);
  if (!opened) return AttemptEnd::no_socket;
  if (!line) return AttemptEnd::connect_failed;
  line_ = std::move(line);
  const Bytes request = race_.request.bytes;
  error_code error;
  line_->socket.send(asio::const_buffer(request.data(), request.size()), 0, error);
  if (error) return AttemptEnd::connect_failed;
  written_before_ = std::exchange(race_.written, true);
  ++race_.outcome.tries;
  return std::nullopt;
}

// By the host itself: nobody has seen the datagram.
AttemptEnd UdpAttempt::refused() {
  race_.written = written_before_;
  --race_.outcome.tries;
  return AttemptEnd::connect_failed;
}

std::optional<AttemptEnd> UdpAttempt::receive(UdpPool::Clock::time_point now) {
  auto& scratch = race_.upstream.scratch;
  error_code error;
  const std::size_t got = line_->socket.receive(asio::buffer(scratch), 0, error);
  if (error == asio::error::would_block) return std::nullopt;
  if (error == asio::error::connection_refused) return refused();
  if (error) return AttemptEnd::failed;
  switch (race_.judge(Bytes(scratch).first(got))) {
    case Race::Verdict::nonsense:
      disturbed_ = true;
      return std::nullopt;  // anybody can send a datagram; the KDC's may still come
    case Race::Verdict::too_big:
      return AttemptEnd::too_big;
    case Race::Verdict::unavailable:
      return AttemptEnd::failed;
    case Race::Verdict::accepted:
      break;
  }
  race_.accept(*contender_.kdc, locate::Transport::udp);
  if (!disturbed_) race_.upstream.udp_pool.put(key_of(*contender_.kdc), std::move(line_), now);
  return AttemptEnd::answered;
}

std::optional<AttemptEnd> TcpAttempt::begin(TcpPool::Clock::time_point now) {
  // What must not be sent twice is not trusted to a connection that the KDC may be closing just now.
  if (race_.repeatable) line_ = race_.upstream.pool.take(key_of(*contender_.kdc), *contender_.record, now);
  kept_ = line_ != nullptr;
  if (!kept_) return connect(now);
  state_ = State::writing;
  return write(now);
}

std::optional<AttemptEnd> TcpAttempt::connect(TcpPool::Clock::time_point now) {
  state_ = State::connecting;
  const tcp::endpoint endpoint(contender_.kdc->address, contender_.kdc->port);
  auto& upstream = race_.upstream;
  error_code error;
  line_ = upstream.pool.make(endpoint.protocol(), now, error);
  if (error == asio::error::address_family_not_supported) return AttemptEnd::connect_failed;
  if (!line_ && upstream.udp_pool.release()) line_ = upstream.pool.make(endpoint.protocol(), now, error);
  if (!line_) return AttemptEnd::no_socket;
  const auto size = static_cast<socklen_t>(endpoint.size());
  if (::connect(line_->socket.native_handle(), endpoint.data(), size) != 0 && errno != EINPROGRESS) {
    return errno == EADDRNOTAVAIL ? AttemptEnd::no_socket : AttemptEnd::connect_failed;  // no port is free
  }
  return write(now);  // a KDC on this host is connected already
}

// To a connection that is not there yet too, which blocks; one that could not be made is an error here.
std::optional<AttemptEnd> TcpAttempt::write(TcpPool::Clock::time_point now) {
  const Bytes request = race_.request.bytes;
  const auto size = static_cast<std::uint32_t>(request.size());
  std::array<std::uint8_t, prefix_size> prefix = {
      static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  if (written_ == 0 && prefix_size + request.size() > least_segment) {
    const int on = 1;  // else the last of several segments waits for an acknowledgement
    ::setsockopt(line_->socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  while (written_ < prefix_size + request.size()) {
    const std::size_t of_prefix = std::min(written_, prefix_size);
    const Bytes rest = request.subspan(written_ - of_prefix);
    std::array<iovec, 2> parts = {{{prefix.data() + of_prefix, prefix_size - of_prefix},
                                   {const_cast<std::uint8_t*>(rest.data()), rest.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t octets = ::sendmsg(line_->socket.native_handle(), &message, MSG_NOSIGNAL);
    if (octets < 0 && errno == EAGAIN) return std::nullopt;
    if (octets < 0) return state_ == State::connecting ? AttemptEnd::connect_failed : died(now);
    state_ = State::writing;
    race_.written = true;
    written_ += static_cast<std::size_t>(octets);
  }
  ++race_.outcome.tries;
  state_ = State::reading;
  return std::nullopt;
}

std::optional<AttemptEnd> TcpAttempt::proceed(TcpPool::Clock::time_point now) {
  return state_ == State::reading ? read(now) : write(now);
}

// Never more than the limit is kept. A reply that comes in one piece, as nearly all do, is read where it
// lies.
std::optional<AttemptEnd> TcpAttempt::read(TcpPool::Clock::time_point now) {
  auto& scratch = race_.upstream.scratch;
  const ssize_t got = ::recv(line_->socket.native_handle(), scratch.data(), scratch.size(), 0);
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
    if (length == 0 || length > race_.options.max_reply) return died(now);
    if (input.size() >= prefix_size + length) return finish(input, now);
  }
  if (!in_pieces) in_.assign(input.begin(), input.end());
  return std::nullopt;
}

// input: the whole reply with its prefix, and what else has come.
AttemptEnd TcpAttempt::finish(Bytes input, TcpPool::Clock::time_point now) {
  const std::size_t length = u32(input);
  if (race_.judge(input.subspan(prefix_size, length)) != Race::Verdict::accepted) return AttemptEnd::failed;
  contender_.record->note_reply_size(race_.request.kind, length);
  race_.outcome.buffer = std::move(in_);
  race_.accept(*contender_.kdc, locate::Transport::tcp);
  if (input.size() == prefix_size + length && contender_.record->may_keep(now)) {
    race_.upstream.pool.put(key_of(*contender_.kdc), std::move(line_), now);
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
  line_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
  line_.reset();
}

// A kept connection that died under the request: once more on a new one.
std::optional<AttemptEnd> TcpAttempt::died(TcpPool::Clock::time_point now) {
  if (!kept_) return AttemptEnd::failed;
  TcpPool::note_closed(*line_, now, *contender_.record);
  kept_ = false;
  written_ = 0;
  in_.clear();
  return connect(now);
}

}  // namespace ferryman::exchange
