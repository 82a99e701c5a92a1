#include "realm/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace ferryman::realm {
namespace {

using std::chrono::steady_clock;
using telemetry::Level;

// After accept(2) failed for want of something, and between two lines about refused peers.
constexpr std::chrono::milliseconds accept_pause{100}, refusal_log_pause{1000};

Acceptor::Peer peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  return {peer.uid, peer.gid, peer.pid};
}

}  // namespace

Acceptor::Acceptor(ListenSocket socket, telemetry::Log& log, std::string_view whose)
    : socket_(std::move(socket)), log_(log), whose_(whose) {}

std::optional<Acceptor::Accepted> Acceptor::next() {
  while (true) {
    Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.get() >= 0) {
      const Peer peer = peer_of(socket.get());
      return Accepted{std::move(socket), peer};
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN) return std::nullopt;
    again_ = steady_clock::now() + accept_pause;
    log_.write(Level::error, "no connection can be accepted",
               {{"socket", whose_}, {"cause", std::generic_category().message(errno)}});
    return std::nullopt;
  }
}

void Acceptor::refuse(Accepted refused) {
  ++refused_;
  const Time now = steady_clock::now();
  if (refused_ > 1 && now - refusal_logged_ < refusal_log_pause) return;
  refusal_logged_ = now;
  log_.write(Level::warning, "connection refused",
             {{"socket", whose_},
              {"uid", std::to_string(refused.peer.uid)},
              {"pid", std::to_string(refused.peer.pid)},
              {"so_far", std::to_string(refused_)}});
}

bool is_own(const Acceptor::Peer& peer) {
  return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace ferryman::realm
