#include "realm/job_queue.h"

#include <utility>

namespace ferryman::realm {

bool JobQueue::push(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= most_) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

std::optional<Job> JobQueue::pop() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
  if (stopped_) return std::nullopt;
  std::optional<Job> job(std::move(jobs_.front()));
  jobs_.pop_front();
  return job;
}

void JobQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ready_.notify_all();
}

}  // namespace ferryman::realm
