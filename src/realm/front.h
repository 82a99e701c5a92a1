#pragma once

#include <poll.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "realm/acceptor.h"
#include "realm/connection.h"
#include "realm/event.h"
#include "realm/job_queue.h"
#include "realm/workers.h"

namespace ferryman::realm {

// ferrymand's side of this program: one thread that waits for all its sockets and never for one of them, and
// the threads that carry out what comes. Peers are told by their uid; any that is not root, the own user or
// front_uid is closed before a word, counted and logged.
class Front {
 public:
  struct Options {
    uid_t front_uid = 0;
    unsigned threads = 1;
    std::size_t max_connections = 1;
    std::size_t max_queue = 1;
  };

  Front(ListenSocket socket, Service& service, telemetry::Log& log, RequestLog& requests,
        const Options& options);
  ~Front();  // what is not answered by now is lost

  // Takes no more connections, asks those that there are to close, and answers everything that has been
  // asked. done() is readable once there is none left.
  void drain();
  int done() const { return done_.get(); }

 private:
  struct Counts {
    std::uint64_t connections = 0;  // accepted
    std::uint64_t broken = 0;       // ended by a breach of the protocol
    std::uint64_t busy = 0;         // requests refused, as max_queue waited
  };

  void run();
  void wait();
  void accept_all();
  void look_for_stalls();
  void look(Connection& connection, short happened);
  void turn();
  void remove_what_is_over();
  void begin_drain();
  void log_counts() const;
  local::Status status() const;

  Acceptor acceptor_;
  telemetry::Log& log_;
  const RequestLog& requests_;
  const Options options_;
  const Event wake_, done_;
  std::atomic<bool> stopping_{false}, draining_{false};
  bool closed_ = false;  // drain() has been carried out
  Counts counts_;
  std::chrono::steady_clock::time_point looked_for_stalls_{};
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<pollfd> waited_;
  JobQueue jobs_;
  const Connection::Intake intake_;
  Workers workers_;
  std::thread thread_;
};

}  // namespace ferryman::realm
