#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "local/frame.h"

namespace ferryman::realm {

class Connection;

// A request on its way to a thread that carries it out.
struct Job {
  std::shared_ptr<Connection> from;
  local::FrameType type = local::FrameType::kerberos_request;
  std::uint32_t id = 0;
  std::vector<std::uint8_t> payload;
  bool is_dear = false;  // it has been told to be, and it is its turn
  std::chrono::steady_clock::time_point pushed{};
};

// Requests that wait for a thread, in the order in which they came. A dear one, which takes a hundred times
// what others do, waits aside while as many of them run as may, so that there are always threads for the
// others. Bounded; thread-safe.
//
// A thread is woken only while fewer are at work than there are processors: to wake one takes as long as to
// carry a request out, and it would take the processor from another. One that waits for the disk is at work
// as well, so look_for_stalls() wakes another when a job has waited too long, whatever the others do.
class JobQueue {
 public:
  using Clock = std::chrono::steady_clock;

  JobQueue(std::size_t most, std::size_t most_dear, unsigned processors = 1)
      : most_(most), most_dear_(most_dear), processors_(processors) {}

  // False, and the job is left as it was: as many wait as may.
  [[nodiscard]] bool push(Job& job);

  // Waits for the next one; nothing after stop(). Behind it next() may give more, but none that is dear, and
  // waits for none. end(): these are carried out; more: as many as next() has given.
  std::optional<Job> pop();
  std::optional<Job> next();
  void end(std::size_t more = 0);
  void stop();

  // How many wait now: for a thread, dear ones for their turn, and threads for a job, which are not woken
  // yet.
  struct Waiting {
    std::size_t jobs = 0, dear = 0, threads = 0;
  };
  Waiting waiting() const;

  // To be called every stall_pause while is_waiting(): for a thread, or behind another in one's hands.
  static constexpr std::chrono::milliseconds stall_pause{1};
  bool is_waiting() const;
  void look_for_stalls(Clock::time_point now);

  // What a thread learns of a job that pop() gave it, if it is dear and not known to be. now: carry it out,
  // then say end_dear(). later: it is taken back, and comes again when it is its turn. never: as many wait as
  // may.
  enum class Turn : std::uint8_t { now, later, never };
  Turn begin_dear(Job& job);
  void end_dear();

 private:
  bool may_run_dear() const { return !dear_.empty() && dear_running_ < most_dear_; }

  // With the mutex held: whether one more is to be woken, by ready_.
  bool wakes_one();
  bool may_wake() const { return working_ + waking_ < processors_ + dear_running_; }

  const std::size_t most_, most_dear_;
  const unsigned processors_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_, dear_;
  std::size_t dear_running_ = 0;
  unsigned idle_ = 0, waking_ = 0;  // threads in pop(); of these, that have been woken
  unsigned working_ = 0;            // between pop() and end()
  std::size_t given_by_next_ = 0;   // and not ended
  bool stopped_ = false;
};

}  // namespace ferryman::realm
