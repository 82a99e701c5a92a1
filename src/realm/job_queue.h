#pragma once

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
};

// Requests that wait for a thread, in the order in which they came. Bounded; thread-safe.
class JobQueue {
 public:
  explicit JobQueue(std::size_t most) : most_(most) {}

  // False, and the job is left as it was: as many wait as may.
  [[nodiscard]] bool push(Job& job);

  // Waits for the next one; nothing after stop().
  std::optional<Job> pop();
  void stop();

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  bool stopped_ = false;
};

}  // namespace ferryman::realm
