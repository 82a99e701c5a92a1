#pragma once

#include <poll.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "realm/acceptor.h"
#include "realm/admin_connection.h"
#include "realm/administration.h"
#include "realm/event.h"
#include "telemetry/log.h"

namespace ferryman::realm {

// Administrators' side of this program (docs/admin-protocol.md), or that of who synchronises an on-premises
// domain: one thread, which carries out one request after the other, so that none of them holds up the front.
// Peers are told by what the kernel knows of them: any that is not root, the own user or admitted is closed
// before a word, counted and logged.
class AdminSocket {
 public:
  // More wait in the kernel's queue; while some do, those that say nothing make room soon.
  static constexpr std::size_t max_connections = 16;

  // Who may connect, besides, and for what.
  struct Options {
    std::string_view whose = "administration";  // for the log
    std::optional<gid_t> group{};               // its members
    std::optional<uid_t> user{};
    Commands commands = Commands::all;
  };

  AdminSocket(ListenSocket socket, Administration& administration, telemetry::Log& log, Options options);
  ~AdminSocket();  // what is not answered by now is lost

  // Takes no more connections and answers every request that has come whole. done() is readable once there is
  // no connection left.
  void drain();
  int done() const { return done_.get(); }

 private:
  using Time = AdminConnection::Time;
  struct Counts {
    std::uint64_t connections = 0;  // accepted
    std::uint64_t requests = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t made_room = 0;
  };

  void run();
  void turn();
  Time wait();
  int poll_timeout(Time now) const;
  void accept_all();
  bool may(const Acceptor::Accepted& accepted) const;
  void serve(AdminConnection& connection);
  bool is_full() const { return connections_.size() >= max_connections; }
  void make_room(Time polled);
  void remove_what_is_over(Time polled);
  void begin_drain();
  void log_counts() const;

  Acceptor acceptor_;
  Administration& administration_;
  telemetry::Log& log_;
  const Options options_;
  const Event wake_, done_;
  std::atomic<bool> stopping_{false}, draining_{false};
  bool closed_ = false;   // drain() has been carried out
  bool crowded_ = false;  // all places are taken, and somebody waits for one
  Counts counts_;
  std::vector<std::unique_ptr<AdminConnection>> connections_;
  std::vector<pollfd> waited_;
  std::thread thread_;
};

}  // namespace ferryman::realm
