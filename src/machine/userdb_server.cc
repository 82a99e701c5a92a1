#include "machine/userdb_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace ferryman::machine {
namespace {

constexpr int most_accepted = 16;  // before those are served that are there

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

std::optional<uid_t> peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

}  // namespace

bool UserdbServer::turn() {
  std::vector<pollfd> polled{{listening_.get(), POLLIN, 0}};
  for (const auto& each : connections_)
    polled.push_back({each->socket.get(), static_cast<short>(each->writes() ? POLLOUT : POLLIN), 0});
  if (::poll(polled.data(), polled.size(), -1) < 0) return errno == EINTR;
  std::vector<Connection*> active;
  for (std::size_t i = 0; i < connections_.size(); ++i)
    if (polled[i + 1].revents != 0) active.push_back(connections_[i].get());
  for (Connection* each : active) {
    if (!each->writes()) read(*each);
    answer(*each);
  }
  std::stable_partition(connections_.begin(), connections_.end(), [&](const auto& each) {
    return std::find(active.begin(), active.end(), each.get()) == active.end();
  });
  std::erase_if(connections_, [](const auto& each) { return each->ended; });
  if (polled.front().revents != 0) accept_some();
  return true;
}

// A few at a time: who connects without end keeps nobody else waiting.
void UserdbServer::accept_some() {
  for (int i = 0; i < most_accepted; ++i) {
    Descriptor socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() < 0) {
      // Without descriptors there is one fewer connection, and the loop does not spin.
      if (!would_block() && errno != ECONNABORTED && !connections_.empty())
        connections_.erase(connections_.begin());
      return;
    }
    const auto peer = peer_of(socket.get());
    if (!peer) continue;
    make_room(*peer);
    connections_.push_back(std::make_unique<Connection>(Connection{std::move(socket), *peer}));
  }
}

// Root's own go only where all places are taken.
void UserdbServer::make_room(uid_t peer) {
  const auto is_of_peer = [peer](const auto& each) { return each->peer == peer; };
  const auto of_peer = std::ranges::count_if(connections_, is_of_peer);
  if (peer != 0 && static_cast<std::size_t>(of_peer) >= max_connections_of_user)
    connections_.erase(std::ranges::find_if(connections_, is_of_peer));
  if (connections_.size() >= max_connections) connections_.erase(connections_.begin());
}

void UserdbServer::read(Connection& connection) {
  std::array<char, max_call + 1> part{};
  const std::size_t room = max_call + 1 - connection.in.size();
  const ssize_t got = ::recv(connection.socket.get(), part.data(), room, 0);
  if (got < 0 && would_block()) return;
  if (got <= 0) {
    connection.ended = true;
    return;
  }
  connection.in.append(part.data(), static_cast<std::size_t>(got));
}

// All calls that are there, one after the other, as far as their replies are taken.
void UserdbServer::answer(Connection& connection) {
  while (!connection.ended) {
    if (connection.replies) {
      connection.replies->write(connection.out, max_unwritten);
      if (connection.replies->done()) connection.replies.reset();
    }
    write(connection);
    if (connection.writes() || connection.ended) return;
    const auto end = connection.in.find('\0');
    if (end == std::string::npos) {
      connection.ended = connection.in.size() > max_call;
      return;
    }
    const auto call = parse_call(std::string_view(connection.in).substr(0, end));
    connection.in.erase(0, end + 1);
    if (!call) {
      connection.ended = true;
      return;
    }
    connection.replies = Replies::to(*call, source_.now());
  }
}

void UserdbServer::write(Connection& connection) {
  if (connection.out.empty()) return;
  const ssize_t some =
      ::send(connection.socket.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
  if (some < 0 && would_block()) return;
  if (some < 0) {
    connection.ended = true;
    return;
  }
  connection.out.erase(0, static_cast<std::size_t>(some));
}

}  // namespace ferryman::machine
