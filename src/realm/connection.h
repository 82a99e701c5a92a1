#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "local/callee.h"
#include "realm/job_queue.h"

namespace ferryman::realm {

// One socket from ferrymand. The front's thread reads; any thread answers. Nobody waits for the peer: what it
// does not read is kept, up to a limit, and the front writes it when it can.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  static constexpr std::size_t max_queued_octets = 1 << 20;  // of requests under way; beyond, it is not read
  static constexpr std::size_t max_unread_octets = 4 << 20;  // of answers; beyond, it is closed

  // socket: not blocking; it is closed with this object. uid: the peer's.
  Connection(int socket, uid_t uid) : socket_(socket), uid_(uid) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int get() const { return socket_; }
  uid_t uid() const { return uid_; }

  // The front's thread: which events of poll(2) it is to wait for; what came; that the peer has gone. Each
  // request becomes a job, or is refused as busy, which is counted in `busy`. What asks for the status is
  // answered at once, also while jobs cannot be taken.
  struct Intake {
    JobQueue& jobs;
    std::uint64_t& busy;
    const std::function<local::Status()> status;
  };
  short events();
  void read(const Intake& intake);
  void write();
  void hang_up();
  // Asks the peer to send no more.
  void close();
  // All is done or lost.
  bool over() const;
  // Why it ended before its time; "" when it did not.
  std::string failure() const;

  // Any thread. True: the front has to look at events() and over() again.
  template <typename Answer>
  [[nodiscard]] bool answer(const Job& job, const Answer& answer) {
    const std::lock_guard lock(mutex_);
    queued_octets_ -= job.payload.size();
    callee_.answer(job.id, answer);
    write_out();
    return needs_a_look();
  }
  // The same of an answer that may wait for others, until write_held(): to write takes as long as to answer,
  // and wakes the peer each time.
  template <typename Answer>
  void hold(const Job& job, const Answer& answer) {
    const std::lock_guard lock(mutex_);
    queued_octets_ -= job.payload.size();
    callee_.answer(job.id, answer);
    held_ = true;
  }
  [[nodiscard]] bool write_held();
  // It cannot go on: the peer is told why. With a job: its request was not as the protocol has it.
  void fail(std::string_view reason);
  void fail(const Job& job, std::string_view reason);

 private:
  // With the mutex held.
  void take(const Intake& intake, const local::Frame& frame);
  void write_out();
  short wanted_events() const;
  bool is_over() const;
  bool needs_a_look() const { return is_over() || wanted_events() != awaited_; }

  const int socket_;
  const uid_t uid_;
  mutable std::mutex mutex_;
  local::Callee callee_;
  std::size_t queued_octets_ = 0;
  bool held_ = false;    // what is unwritten is held, nobody waits for the peer
  short awaited_ = 0;    // the events that the front waits for
  bool broken_ = false;  // the socket cannot be read or written any more
  bool ended_ = false;   // the peer's half has
};

}  // namespace ferryman::realm
