#include "forward/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <ctime>
#include <type_traits>
#include <utility>

#include "base/length_prefix.h"
#include "kerberos/error_reply.h"
#include "kerberos/names.h"

namespace ferryman::forward {
namespace asio = boost::asio;
namespace {

using std::chrono::seconds;
constexpr std::size_t max_message = 128 * 1024, max_connections = 256;
constexpr seconds idle_time{60}, message_time{10};
constexpr std::uint16_t first_open_port = 1024;

auto into(boost::system::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

// What a KDC says when its answer needs TCP (RFC 4120 7.2.1). Also said where there is no answer: a client
// that comes by TCP sees at once that its connection is closed, where over UDP it would wait.
Message try_tcp(const kerberos::Request& request, bool answered) {
  return kerberos::make_error_reply(
      request.kind,
      {kerberos::error_code::response_too_big, std::string(kerberos::realm_of(request)),
       answered ? "the answer is too large for UDP" : "no KDC can be reached", std::time(nullptr)});
}

// Lets a socket be bound to an address that the host does not have yet.
boost::system::error_code allow_absence(int descriptor, bool v6) {
  const int yes = 1;
  const int result = v6 ? ::setsockopt(descriptor, SOL_IPV6, IPV6_FREEBIND, &yes, sizeof(yes))
                        : ::setsockopt(descriptor, SOL_IP, IP_FREEBIND, &yes, sizeof(yes));
  if (result == 0) return {};
  return {errno, boost::system::system_category()};
}

// there becomes false when the host does not have the address.
template <typename Socket>
boost::system::error_code open_at(Socket& socket, const typename Socket::endpoint_type& endpoint,
                                  bool& there) {
  const bool v6 = endpoint.address().is_v6();
  boost::system::error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error && v6) socket.set_option(asio::ip::v6_only(true), error);
  if constexpr (std::is_same_v<Socket, asio::ip::tcp::acceptor>)
    if (!error) socket.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) socket.bind(endpoint, error);
  if (error.value() != EADDRNOTAVAIL) return error;
  there = false;
  error = allow_absence(socket.native_handle(), v6);
  if (!error) socket.bind(endpoint, error);
  return error;
}

template <typename Bound, typename Socket>
Bound bound_at(const Socket& socket, boost::system::error_code& error) {
  const auto endpoint = socket.local_endpoint(error);
  return {endpoint.address(), endpoint.port()};
}

std::string what_helps(const boost::system::error_code& error, std::uint16_t port) {
  if (error == asio::error::access_denied && port < first_open_port)
    return "; ports below 1024 need root, CAP_NET_BIND_SERVICE or a .socket unit";
  if (error == asio::error::address_in_use)
    return fmt::format("; \"ss -lnptu 'sport = :{}'\", as root, says whose it is", port);
  return {};
}

}  // namespace

// A TCP connection that is closed when its timer ends.
struct Listener::Connection {
  explicit Connection(Tcp::socket accepted) : socket(std::move(accepted)), timer(socket.get_executor()) {}

  void allow(seconds time, const std::weak_ptr<Connection>& weak) {
    timer.expires_after(time);
    timer.async_wait([weak](boost::system::error_code error) {
      const auto self = weak.lock();
      if (!error && self) self->close();
    });
  }
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  Tcp::socket socket;
  asio::steady_timer timer;
  bool busy = false;
};

tl::expected<Listener::Opened, std::string> Listener::open(const asio::ip::address& address,
                                                           std::uint16_t port) {
  const auto failure = [&](const char* what, const boost::system::error_code& error) {
    return tl::unexpected(fmt::format("cannot listen at {} port {} ({}): {}{}", address.to_string(), port,
                                      what, error.message(), what_helps(error, port)));
  };
  bool there = true;
  auto socket = std::make_shared<Udp::socket>(io_);
  const Udp::endpoint udp(address, port);
  boost::system::error_code error = open_at(*socket, udp, there);
  if (error == asio::error::address_family_not_supported) return Opened::never;
  if (error) return failure("UDP", error);
  auto acceptor = std::make_shared<Tcp::acceptor>(io_);
  const Tcp::endpoint tcp(address, port);
  error = open_at(*acceptor, tcp, there);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return failure("TCP", error);
  begin(std::move(socket));
  begin(std::move(acceptor));
  return there ? Opened::now : Opened::later;
}

tl::expected<Listener::Bound, std::string> Listener::adopt(int descriptor) {
  Bound bound;
  int type = 0, listens = 0;
  sockaddr_storage address{};
  socklen_t size = sizeof(type);
  ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size);
  size = sizeof(listens);
  ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
  size = sizeof(address);
  const bool named = ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const bool v6 = address.ss_family == AF_INET6;
  boost::system::error_code error;
  if (named && (v6 || address.ss_family == AF_INET) && type == SOCK_DGRAM) {
    auto socket = std::make_shared<Udp::socket>(io_);
    socket->assign(v6 ? Udp::v6() : Udp::v4(), descriptor, error);
    if (!error) bound = bound_at<Bound>(*socket, error);
    if (!error) begin(std::move(socket));
  } else if (named && (v6 || address.ss_family == AF_INET) && type == SOCK_STREAM && listens != 0) {
    auto acceptor = std::make_shared<Tcp::acceptor>(io_);
    acceptor->assign(v6 ? Tcp::v6() : Tcp::v4(), descriptor, error);
    if (!error) bound = bound_at<Bound>(*acceptor, error);
    if (!error) begin(std::move(acceptor));
  } else {
    return tl::unexpected(fmt::format(
        "the passed descriptor {} is no UDP socket and no listening TCP socket; ListenDatagram= and "
        "ListenStream= in the .socket unit give these",
        descriptor));
  }
  if (error) return tl::unexpected(fmt::format("the passed descriptor {}: {}", descriptor, error.message()));
  return bound;
}

void Listener::begin(std::shared_ptr<Udp::socket> socket) {
  socket->non_blocking(true);
  sockets_.push_back(socket);
  asio::co_spawn(io_, receive(std::move(socket)), asio::detached);
}

void Listener::begin(std::shared_ptr<Tcp::acceptor> acceptor) {
  acceptor->non_blocking(true);
  acceptors_.push_back(acceptor);
  asio::co_spawn(io_, accept(std::move(acceptor)), asio::detached);
}

void Listener::close() {
  closing_ = true;
  boost::system::error_code ignored;
  for (const auto& acceptor : acceptors_) acceptor->close(ignored);
  acceptors_.clear();
  // The answers of datagrams that were taken go out by the same sockets: reading alone ends.
  for (const auto& socket : sockets_) socket->cancel(ignored);
  for (const auto& connection : connections_)
    if (!connection->busy) connection->close();
}

template <typename Endpoint>
bool Listener::may_ask(const Endpoint& peer, const Endpoint& own) const {
  return !users_ || users_->of(peer, own) == ::geteuid();
}

asio::awaitable<void> Listener::receive(std::shared_ptr<Udp::socket> socket) {
  const auto self = shared_from_this();
  Message buffer(64 * 1024);
  while (!closing_) {
    boost::system::error_code error;
    Udp::endpoint peer;
    auto token = into(error);
    const std::size_t octets = co_await socket->async_receive_from(asio::buffer(buffer), peer, token);
    if (error == asio::error::operation_aborted) break;
    if (error) continue;  // an ICMP error for an answer that went before
    if (!may_ask(peer, socket->local_endpoint(error))) continue;
    Message message(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(octets));
    asio::co_spawn(io_, answer(socket, std::move(message), peer), asio::detached);
  }
}

asio::awaitable<void> Listener::answer(std::shared_ptr<Udp::socket> socket, Message message,
                                       Udp::endpoint peer) {
  const auto self = shared_from_this();
  Message reply = co_await relay_.answer(message);
  if (reply.empty() || reply.size() > max_udp_reply) {
    const auto request = kerberos::parse_request(message);
    if (!request) co_return;
    reply = try_tcp(*request, !reply.empty());
  }
  boost::system::error_code error;
  auto token = into(error);
  co_await socket->async_send_to(asio::buffer(reply), peer, token);
}

asio::awaitable<void> Listener::accept(std::shared_ptr<Tcp::acceptor> acceptor) {
  const auto self = shared_from_this();
  asio::steady_timer pause(io_);
  while (!closing_) {
    boost::system::error_code error;
    auto token = into(error);
    Tcp::socket socket = co_await acceptor->async_accept(token);
    if (closing_ || error == asio::error::operation_aborted) break;
    if (error) {
      // Out of descriptors: others will be closed soon.
      pause.expires_after(std::chrono::milliseconds(100));
      auto pause_token = into(error);
      co_await pause.async_wait(pause_token);
      continue;
    }
    if (connections_.size() >= max_connections) continue;
    const auto peer = socket.remote_endpoint(error), own = acceptor->local_endpoint(error);
    if (!may_ask(peer, own)) continue;
    auto connection = std::make_shared<Connection>(std::move(socket));
    connections_.insert(connection);
    asio::co_spawn(io_, serve(std::move(connection)), asio::detached);
  }
}

// Messages with their length before each (RFC 4120 7.2.2), one after the other.
asio::awaitable<void> Listener::serve(std::shared_ptr<Connection> connection) {
  const auto self = shared_from_this();
  auto& socket = connection->socket;
  while (!closing_) {
    std::array<std::uint8_t, length_prefix_size> prefix;
    boost::system::error_code error;
    auto token = into(error);
    connection->allow(idle_time, connection);
    co_await asio::async_read(socket, asio::buffer(prefix), token);
    const std::size_t size = announced_length(prefix);
    if (error || size == 0 || size > max_message) break;
    connection->busy = true;
    connection->allow(message_time, connection);
    Message message(size);
    co_await asio::async_read(socket, asio::buffer(message), token);
    if (error) break;
    connection->timer.cancel();
    Message reply = co_await relay_.answer(std::move(message));
    if (reply.empty()) break;
    const auto reply_prefix = length_prefix(reply.size());
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(reply_prefix), asio::buffer(reply)};
    connection->allow(message_time, connection);
    co_await asio::async_write(socket, buffers, token);
    connection->busy = false;
    if (error) break;
  }
  connection->timer.cancel();
  connection->close();
  connections_.erase(connection);
}

}  // namespace ferryman::forward
