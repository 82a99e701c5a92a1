#include "realm/job_queue.h"

#include <algorithm>
#include <utility>

namespace ferryman::realm {

bool JobQueue::wakes_one() {
  if (idle_ == waking_) return false;
  ++waking_;
  return true;
}

bool JobQueue::push(Job& job) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= most_) return false;
    jobs_.push_back(std::move(job));
    jobs_.back().pushed = Clock::now();
    wakes = may_wake() && wakes_one();
  }
  if (wakes) ready_.notify_one();
  return true;
}

std::optional<Job> JobQueue::pop() {
  std::unique_lock lock(mutex_);
  while (!stopped_ && jobs_.empty() && !may_run_dear()) {
    ++idle_;
    ready_.wait(lock, [this] { return stopped_ || waking_ > 0; });
    --idle_;
    if (!stopped_) --waking_;
  }
  if (stopped_) return std::nullopt;
  ++working_;
  const bool is_dear = may_run_dear();
  std::deque<Job>& from = is_dear ? dear_ : jobs_;
  std::optional<Job> job(std::move(from.front()));
  from.pop_front();
  if (is_dear) {
    ++dear_running_;
    job->is_dear = true;
  }
  return job;
}

std::optional<Job> JobQueue::next() {
  const std::lock_guard lock(mutex_);
  if (stopped_ || jobs_.empty() || may_run_dear()) return std::nullopt;
  ++given_by_next_;
  std::optional<Job> job(std::move(jobs_.front()));
  jobs_.pop_front();
  return job;
}

void JobQueue::end(std::size_t more) {
  const std::lock_guard lock(mutex_);
  --working_;
  given_by_next_ -= more;
}

bool JobQueue::is_waiting() const {
  const std::lock_guard lock(mutex_);
  return !jobs_.empty() || given_by_next_ > 0;
}

void JobQueue::look_for_stalls(Clock::time_point now) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    wakes = !jobs_.empty() && now - jobs_.front().pushed >= stall_pause && wakes_one();
  }
  if (wakes) ready_.notify_one();
}

JobQueue::Turn JobQueue::begin_dear(Job& job) {
  const std::lock_guard lock(mutex_);
  if (dear_running_ < most_dear_) {
    ++dear_running_;
    return Turn::now;
  }
  if (dear_.size() >= most_ / 2) return Turn::never;
  dear_.push_back(std::move(job));
  return Turn::later;
}

void JobQueue::end_dear() {
  const std::lock_guard lock(mutex_);
  --dear_running_;  // if another waits aside, this thread's pop() takes it
}

JobQueue::Waiting JobQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return {jobs_.size(), dear_.size(), idle_ - std::min(idle_, waking_)};
}

void JobQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ready_.notify_all();
}

}  // namespace ferryman::realm
