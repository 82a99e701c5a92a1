#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/descriptor.h"
#include "realm/listen_socket.h"
#include "telemetry/log.h"

namespace ferryman::realm {

// Takes a socket's connections one after the other, and turns away those that may not come: before a word,
// counted, and logged once a second at most.
class Acceptor {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The other end as the kernel tells it (SO_PEERCRED); nobody's uid where it does not.
  struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    pid_t pid = 0;
  };
  struct Accepted {
    Descriptor socket;
    Peer peer;
  };

  // Of connections that are taken before a look at what else there is to do.
  static constexpr int most_at_once = 64;

  // whose: "front", "administration", for the log.
  Acceptor(ListenSocket socket, telemetry::Log& log, std::string_view whose);

  // What poll(2) is to look at; -1 while nothing can be accepted, until paused_until().
  int waited(Time now) const { return now < again_ ? -1 : socket_.get(); }
  Time paused_until() const { return again_; }

  // The next connection that waits; nothing where none does, or none can be accepted for want of something.
  std::optional<Accepted> next();
  void refuse(Accepted refused);
  std::uint64_t refused() const { return refused_; }

  // Removes the path, so that nobody connects any more, and leaves what has connected to be taken.
  void withdraw() { socket_.withdraw(); }
  void close() { socket_.close(); }

 private:
  ListenSocket socket_;
  telemetry::Log& log_;
  const std::string_view whose_;
  std::uint64_t refused_ = 0;
  Time again_{}, refusal_logged_{};
};

// Whether it is root or the service's own user, who are let in everywhere.
bool is_own(const Acceptor::Peer& peer);

}  // namespace ferryman::realm
