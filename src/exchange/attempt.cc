#include "exchange/attempt.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/text.h"
#include "kerberos/names.h"

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t prefix_size = 4;  // RFC 4120 7.2.2

std::uint32_t u32(const std::vector<std::uint8_t>& octets) {
  return static_cast<std::uint32_t>(octets[0]) << 24 | static_cast<std::uint32_t>(octets[1]) << 16 |
         static_cast<std::uint32_t>(octets[2]) << 8 | octets[3];
}

// Whether the attempt has been cancelled. A cancellation that comes between two steps ends neither, so each
// step that may take long asks first.
asio::awaitable<bool> is_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

// An open connection and whether it was kept from an earlier request.
struct Line {
  std::shared_ptr<tcp::socket> socket;
  bool kept = false;
  bool no_socket = false;
};

asio::awaitable<Line> connect(Race& race, const Contender& contender, bool may_be_kept) {
  const locate::Kdc& kdc = *contender.kdc;
  Line line;
  if (may_be_kept) {
    if (auto kept = race.upstream.pool.take(key_of(kdc), *contender.record)) {
      line.socket = std::make_shared<tcp::socket>(std::move(*kept));
      line.kept = true;
      co_return line;
    }
  }
  const tcp::endpoint endpoint(kdc.address, kdc.port);
  auto socket = std::make_shared<tcp::socket>(race.upstream.io);
  error_code error;
  socket->open(endpoint.protocol(), error);
  if (error) {
    line.no_socket = true;
    co_return line;
  }
  asio::steady_timer timer(race.upstream.io, race.options.connect_timeout);
  // The handler holds the socket, not this frame: it may run after the connection is made.
  timer.async_wait([socket](error_code expired) {
    error_code ignored;
    if (!expired) socket->close(ignored);
  });
  co_await socket->async_connect(endpoint, redirect_error(use_awaitable, error));
  timer.cancel();
  if (error || !socket->is_open()) co_return line;
  socket->non_blocking(true, error);
  socket->set_option(tcp::no_delay(true), error);
  line.socket = std::move(socket);
  co_return line;
}

// Reads one reply with its prefix, never more than the limit. Empty: it did not come whole. More than one
// reply's octets show in the size of what is returned.
asio::awaitable<std::vector<std::uint8_t>> read_reply(Race& race, tcp::socket& socket) {
  std::vector<std::uint8_t> in;
  std::size_t wanted = prefix_size;
  while (in.size() < wanted) {
    if (co_await is_cancelled()) co_return std::vector<std::uint8_t>();
    error_code error;
    co_await socket.async_wait(tcp::socket::wait_read, redirect_error(use_awaitable, error));
    if (error) co_return std::vector<std::uint8_t>();
    auto& scratch = race.upstream.scratch;
    const std::size_t got = socket.read_some(asio::buffer(scratch), error);
    if (error == asio::error::would_block) continue;
    if (error) co_return std::vector<std::uint8_t>();
    in.insert(in.end(), scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(got));
    if (in.size() < prefix_size) continue;
    // The length is judged before anything is kept for it (CVE-2025-59089, CVE-2024-43639).
    const std::size_t length = u32(in);
    if (length == 0 || length > race.options.max_reply) co_return std::vector<std::uint8_t>();
    wanted = prefix_size + length;
  }
  co_return in;
}

// A KDC issues tickets of its own realm, also those that refer to another. Only a domain's NetBIOS name is
// answered under its full one (MS-KILE 3.3.5.1).
bool may_issue(std::string_view ticket_realm, std::string_view asked_realm) {
  return equal_without_case(ticket_realm, asked_realm) || asked_realm.find('.') == std::string_view::npos;
}

asio::awaitable<bool> write_request(Race& race, tcp::socket& socket) {
  const Bytes request = race.request.bytes;
  const auto size = static_cast<std::uint32_t>(request.size());
  const std::array<std::uint8_t, prefix_size> prefix = {
      static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(prefix),
                                                     asio::const_buffer(request.data(), request.size())};
  error_code error;
  const std::size_t octets =
      co_await asio::async_write(socket, buffers, redirect_error(use_awaitable, error));
  if (octets > 0) race.written = true;
  if (!error) ++race.outcome.tries;
  co_return !error;
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
  judged_ = *reply;
  return Verdict::accepted;
}

void Race::accept(std::vector<std::uint8_t> buffer, const locate::Kdc& kdc, locate::Transport transport) {
  if (answered) return;
  answered = true;
  outcome.buffer = std::move(buffer);
  outcome.reply = judged_;
  outcome.kdc = kdc;
  outcome.transport = transport;
  outcome.status = Status::answered;
}

std::optional<AttemptEnd> UdpAttempt::send() {
  // What must be seen once goes to a socket that nothing else has gone through.
  auto [line, opened] =
      race_.upstream.udp_pool.take(key_of(*contender_.kdc), race_.repeatable, UdpPool::Clock::now());
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

std::optional<AttemptEnd> UdpAttempt::receive() {
  auto& scratch = race_.upstream.scratch;
  error_code error;
  const std::size_t got = line_->socket.receive(asio::buffer(scratch), 0, error);
  if (error == asio::error::would_block) return std::nullopt;
  if (error == asio::error::connection_refused) return refused();
  if (error) return AttemptEnd::failed;
  std::vector<std::uint8_t> message(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(got));
  switch (race_.judge(message)) {
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
  race_.accept(std::move(message), *contender_.kdc, locate::Transport::udp);
  if (!disturbed_) {
    race_.upstream.udp_pool.put(key_of(*contender_.kdc), std::move(line_), UdpPool::Clock::now());
  }
  return AttemptEnd::answered;
}

asio::awaitable<AttemptEnd> ask_tcp(Race& race, const Contender& contender) {
  co_await asio::this_coro::throw_if_cancelled(false);
  // What must not be sent twice is not trusted to a connection that the KDC may be closing just now.
  bool may_be_kept = race.repeatable;
  while (true) {
    if (co_await is_cancelled()) co_return AttemptEnd::cancelled;
    const Line line = co_await connect(race, contender, may_be_kept);
    if (co_await is_cancelled()) co_return AttemptEnd::cancelled;
    if (line.no_socket) co_return AttemptEnd::no_socket;
    if (!line.socket) co_return AttemptEnd::connect_failed;
    std::vector<std::uint8_t> in;
    if (co_await write_request(race, *line.socket)) in = co_await read_reply(race, *line.socket);
    if (co_await is_cancelled()) co_return AttemptEnd::cancelled;
    if (in.empty() && line.kept) {
      may_be_kept = false;  // it died under the request: once more on a new one
      continue;
    }
    if (in.empty()) co_return AttemptEnd::failed;

    const std::size_t length = u32(in);
    const bool clean = in.size() == prefix_size + length;
    in.resize(prefix_size + length);
    if (race.judge(Bytes(in).subspan(prefix_size)) != Race::Verdict::accepted) co_return AttemptEnd::failed;
    contender.record->note_reply_size(race.request.kind, length);
    race.accept(std::move(in), *contender.kdc, locate::Transport::tcp);
    if (clean && contender.record->keeps_open) {
      race.upstream.pool.put(key_of(*contender.kdc), std::move(*line.socket));
    }
    co_return AttemptEnd::answered;
  }
}

}  // namespace ferryman::exchange
