#include "net/server.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <functional>
#include <new>
#include <utility>

#include "net/listen_socket.h"

namespace ferryman::net {
namespace {

constexpr std::chrono::milliseconds sweep_interval{250};
constexpr std::chrono::milliseconds accept_pause{100};
constexpr int accept_burst = 64;  // then other work has its turn
constexpr std::size_t scratch_size = 32 * 1024;

// Asking costs a tenth of an accept4() that finds none, for which the kernel makes a socket and a file first.
bool holds_connection(int listener) {
  pollfd wanted{listener, POLLIN, 0};
  return ::poll(&wanted, 1, 0) != 0;
}

}  // namespace

struct Server::Listener {
  Listener(boost::asio::io_context& io, int fd, ListenerOptions o)
      : socket(io, boost::asio::generic::stream_protocol(AF_UNSPEC, 0), fd),
        pause(io),
        options(std::make_shared<ListenerOptions>(std::move(o))) {}
  Stream::Socket socket;
  boost::asio::steady_timer pause;
  std::shared_ptr<const ListenerOptions> options;
  bool waiting = false;  // for a connection, or for the pause to be over
  bool exhausted = false;
};

Server::Server(boost::asio::io_context& io, RequestHandler& handler, std::atomic<std::uint32_t>& connections,
               ClientTable& clients)
    : io_(io),
      handler_(handler),
      count_(connections),
      clients_(clients),
      scratch_(scratch_size),
      sweeper_(io) {}

Server::~Server() {
  answering_.clear();
  connections_.clear_and_dispose([](Connection* connection) { intrusive_ptr_release(connection); });
}

void Server::listen(int descriptor, ListenerOptions options) {
  const int on = 1;  // inherited by what is accepted; a unix socket has no such option
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  listeners_.push_back(std::make_shared<Listener>(io_, descriptor, std::move(options)));
  accept(listeners_.back(), false);
}

void Server::configure(std::shared_ptr<const ConnectionConfig> config) {
  config_ = std::move(config);
}

void Server::accept(const std::shared_ptr<Listener>& listener, bool drained) {
  auto handler = [this, listener](boost::system::error_code error) {
    listener->waiting = false;
    if (!error && listener->socket.is_open()) accept_waiting(listener);
  };
  if (drained) {
    listener->socket.async_wait_drained(std::move(handler));
  } else {
    listener->socket.async_wait(Stream::Socket::wait_read, std::move(handler));
  }
  listener->waiting = true;
}

void Server::accept_waiting(const std::shared_ptr<Listener>& listener) {
  bool drained = false;
  for (int i = 0; i < accept_burst && !drained; ++i) {
    if (accept_one(*listener)) {
      drained = !holds_connection(listener->socket.native_handle());
      continue;
    }
    const int cause = errno;
    // Those that wait in the queue are served once there is room.
    if (cause == EMFILE || cause == ENFILE || cause == ENOBUFS || cause == ENOMEM) {
      if (!std::exchange(listener->exhausted, true)) handler_.on_exhausted(cause);
      retry_accept_later(listener);
      return;
    }
    drained = cause == EAGAIN;
    break;
  }
  if (std::exchange(listener->exhausted, false)) handler_.on_exhausted(0);
  accept(listener, drained);
}

void Server::retry_accept_later(const std::shared_ptr<Listener>& listener) {
  listener->pause.expires_after(accept_pause);
  listener->pause.async_wait([this, listener](boost::system::error_code error) {
    listener->waiting = false;
    if (!error && listener->socket.is_open()) accept_waiting(listener);
  });
  listener->waiting = true;
}

void Server::recover() {
  for (const auto& listener : listeners_) {
    if (!listener->waiting && listener->socket.is_open()) accept(listener, false);
  }
  if (!connections_.empty() && !sweeping_) sweep();
  answer();
}

// False when there is nothing to accept, with errno's cause.
bool Server::accept_one(Listener& listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Descriptor accepted(::accept4(listener.socket.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
  // A client that has already gone is no reason to stop (accept(2), "Error handling").
  if (accepted.get() < 0) return errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
  const auto client = peer_endpoint(address);
  const ListenerOptions& options = *listener.options;
  Peer peer{peer_name(client), 0, {}, &options.paths, &options.health_path};
  if (options.messages) peer.transport = local::Transport::tcp;
  peer.trace_headers = options.trace_headers;
  const bool trusted =
      address.ss_family == AF_UNIX || any_contains(options.trusted_proxies, client.address());
  if (may_enter(options, trusted, peer, client))
    begin(options, std::move(accepted), address.ss_family, trusted, peer);
  return true;
}

// Behind a proxy a connection counts for its client once the proxy has told who that is.
bool Server::may_enter(const ListenerOptions& options, bool trusted, Peer& peer,
                       const boost::asio::ip::tcp::endpoint& client) {
  if (count_.load(std::memory_order_relaxed) >= config_->limits.max_connections &&
      !make_room(options.proxy_protocol ? 0 : client_key(client.address(), config_->limits.client))) {
    handler_.on_violation(peer, http::Version::http11, 0, "max_connections");
    return false;
  }
  if (!options.proxy_protocol) return admit(peer, client);
  if (trusted) return true;
  handler_.on_violation(peer, http::Version::http11, 0, "untrusted_proxy");
  return false;
}

// Closes an idle connection of this worker: the one whose client has most, and of those the one that has been
// idle longest. Nobody makes room for a client that has more itself. Some are looked at, and others the next
// time, so that a crowd at the door costs no more than its number.
bool Server::make_room(ClientKey newcomer) {
  constexpr std::size_t looked_at = 64;
  Connection* found = nullptr;
  std::uint32_t most = clients_.connections(newcomer);
  for (std::size_t left = std::min(looked_at, connections_.size()); left > 0; --left) {
    Connection& one = connections_.front();
    connections_.splice(connections_.end(), connections_, connections_.begin());
    if (!one.is_idle()) continue;
    const std::uint32_t has = clients_.connections(one.peer().client);
    if (has < most || (has == most && found != nullptr && found->since() <= one.since())) continue;
    found = &one;
    most = has;
  }
  if (found != nullptr) found->make_room();
  return found != nullptr;
}

void Server::begin(const ListenerOptions& options, Descriptor accepted, int family, bool trusted,
                   const Peer& peer) {
  const bool forwards = trusted && options.client_address != ClientAddress::connection;
  const Connection::Kind kind{options.tls, options.proxy_protocol, options.client_certificates,
                              forwards ? &options : nullptr};
  ConnectionPtr connection;
  try {
    boost::system::error_code error;
    Stream::Socket socket(io_);
    socket.adopt(boost::asio::generic::stream_protocol(family, 0), accepted.release(), error);
    if (error) return clients_.leave(peer.client);
    connection = new Connection(std::move(socket), peer, kind, config_, handler_, *this);
  } catch (const std::bad_alloc&) {
    clients_.leave(peer.client);
    return handler_.on_violation(peer, http::Version::http11, 0, "out_of_memory");
  }
  intrusive_ptr_add_ref(connection.get());
  connections_.push_back(*connection);
  count_.fetch_add(1, std::memory_order_relaxed);
  connection->start();
  if (!sweeping_) sweep();
}

bool Server::admit(Peer& peer, const boost::asio::ip::tcp::endpoint& client) {
  const ClientLimits& limits = config_->limits.client;
  const ClientKey key = client_key(client.address(), limits);
  const std::string_view refused = clients_.enter(key, limits, ClientTable::Clock::now());
  if (refused.empty()) {
    peer.client = key;
    return true;
  }
  handler_.on_violation(peer, http::Version::http11, 0, refused);
  return false;
}

void Server::on_closed(Connection& connection) {
  if (connection.AnsweringHook::is_linked()) answering_.erase(answering_.iterator_to(connection));
  if (!connection.OpenHook::is_linked()) return;
  const ConnectionPtr released(&connection, false);
  connections_.erase(connections_.iterator_to(connection));
  count_.fetch_sub(1, std::memory_order_relaxed);
  clients_.leave(connection.peer().client);
  if (connections_.empty()) finish_drain();
}

void Server::answer_soon(Connection& connection) {
  if (!connection.AnsweringHook::is_linked()) answering_.push_back(connection);
  if (answer_posted_) return;
  boost::asio::post(io_, [this] { answer(); });
  answer_posted_ = true;
}

// Those that come meanwhile are for the next time.
void Server::answer() {
  answer_posted_ = false;
  for (std::size_t left = answering_.size(); left > 0 && !answering_.empty(); --left) {
    Connection& connection = answering_.front();
    answering_.pop_front();
    connection.answer();
  }
}

// A copy: a connection whose time is over leaves the list.
std::vector<ConnectionPtr> Server::connections() {
  std::vector<ConnectionPtr> all;
  all.reserve(connections_.size());
  for (Connection& connection : connections_) all.emplace_back(&connection);
  return all;
}

void Server::sweep() {
  sweeper_.expires_after(sweep_interval);
  sweeper_.async_wait([this](boost::system::error_code error) {
    sweeping_ = false;
    if (error) return;
    const auto now = Connection::Clock::now();
    // One whose time is over leaves the list, and no other with it.
    for (auto next = connections_.begin(); next != connections_.end();) (next++)->check_deadline(now);
    if (!connections_.empty() && !sweeping_) sweep();
  });
  sweeping_ = true;
}

void Server::drain(std::function<void()> done) {
  for (const auto& listener : listeners_) {
    while (accept_one(*listener)) {
    }
    listener->pause.cancel();
    listener->socket.close();
  }
  drained_ = std::move(done);
  for (const auto& connection : connections()) connection->drain();
  if (connections_.empty()) finish_drain();
}

void Server::finish_drain() {
  if (drained_) boost::asio::post(io_, std::exchange(drained_, {}));
}

void Server::abort() {
  sweeper_.cancel();
  for (const auto& listener : listeners_) {
    listener->pause.cancel();
    if (listener->socket.is_open()) listener->socket.close();
  }
  for (const auto& connection : connections()) connection->abort();
}

}  // namespace ferryman::net
