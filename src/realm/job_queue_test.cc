#include "realm/job_queue.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace ferryman::realm {
namespace {

Job job(std::uint32_t id) {
  return {nullptr, local::FrameType::http_request, id, {1, 2, 3}};
}

TEST(JobQueue, GivesJobsInTheirOrder) {
  JobQueue queue(2, 1);
  Job first = job(1), second = job(2);
  EXPECT_TRUE(queue.push(first));
  EXPECT_TRUE(queue.push(second));
  EXPECT_EQ(queue.pop()->id, 1U);
  EXPECT_EQ(queue.pop()->id, 2U);
}

TEST(JobQueue, LeavesAJobForWhichThereIsNoRoom) {
  JobQueue queue(1, 1);
  Job first = job(1), second = job(2);
  EXPECT_TRUE(queue.push(first));
  EXPECT_FALSE(queue.push(second));
  EXPECT_EQ(second.payload.size(), 3U);
  EXPECT_EQ(queue.pop()->id, 1U);
  EXPECT_TRUE(queue.push(second));
}

TEST(JobQueue, GivesMoreBehindAJobWithoutWaiting) {
  JobQueue queue(8, 1);
  EXPECT_FALSE(queue.is_waiting());
  for (const std::uint32_t id : {1U, 2U}) {
    Job each = job(id);
    ASSERT_TRUE(queue.push(each));
  }
  EXPECT_EQ(queue.pop()->id, 1U);
  EXPECT_EQ(queue.next()->id, 2U);
  EXPECT_FALSE(queue.next());
  EXPECT_TRUE(queue.is_waiting()) << "what was carried out before the second one may be held behind it";
  queue.end(1);
  EXPECT_FALSE(queue.is_waiting());
}

// A thread that waits for one job and carries it out.
class Waiter {
 public:
  explicit Waiter(JobQueue& queue) : queue_(queue) {
    while (queue_.waiting().threads == 0) std::this_thread::yield();
  }
  ~Waiter() {
    queue_.stop();
    thread_.join();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  bool is_woken() const { return queue_.waiting().threads == 0; }
  // What it has got, when it is at its end; nothing after stop().
  std::optional<std::uint32_t> got() {
    thread_.join();
    thread_ = std::thread([] {});
    return got_;
  }

 private:
  void run() {
    if (const auto job = queue_.pop()) {
      got_ = job->id;
      queue_.end();
    }
  }

  JobQueue& queue_;
  std::optional<std::uint32_t> got_;
  std::thread thread_{[this] { run(); }};
};

void push(JobQueue& queue, std::uint32_t id) {
  Job each = job(id);
  ASSERT_TRUE(queue.push(each));
}

// As the front looks at a job that has come just now, once it is old.
void look_later(JobQueue& queue) {
  queue.look_for_stalls(JobQueue::Clock::now() + JobQueue::stall_pause);
}

TEST(JobQueue, WakesAThreadForEachProcessor) {
  JobQueue queue(8, 1, 2);
  push(queue, 1);
  ASSERT_TRUE(queue.pop());
  Waiter other(queue);
  push(queue, 2);
  ASSERT_TRUE(other.is_woken());
  EXPECT_EQ(other.got(), 2U);
}

TEST(JobQueue, WakesAnotherThreadWhereTheOneAtWorkDoesNotGoOn) {
  JobQueue queue(8, 1, 1);
  push(queue, 1);
  ASSERT_TRUE(queue.pop());  // and this thread waits for the disk
  Waiter other(queue);
  const auto before = JobQueue::Clock::now();
  push(queue, 2);
  EXPECT_FALSE(other.is_woken()) << "the processor has work";
  queue.look_for_stalls(before);
  EXPECT_FALSE(other.is_woken()) << "the job is young";
  look_later(queue);
  ASSERT_TRUE(other.is_woken());
  EXPECT_EQ(other.got(), 2U);
  EXPECT_FALSE(queue.is_waiting());
}

TEST(JobQueue, WakesAnotherThreadForAnOldJobThoughOthersMove) {
  JobQueue queue(8, 1, 1);
  push(queue, 1);
  ASSERT_TRUE(queue.pop());
  Waiter other(queue);
  push(queue, 2);
  push(queue, 3);
  ASSERT_TRUE(queue.next());
  look_later(queue);
  ASSERT_TRUE(other.is_woken());
  EXPECT_EQ(other.got(), 3U);
}

TEST(JobQueue, LetsWhoWaitsGoWhenItIsStopped) {
  JobQueue queue(1, 1);
  Waiter waiting(queue);
  queue.stop();
  EXPECT_FALSE(waiting.got());
}

TEST(JobQueue, KeepsThreadsForWhatIsNotDear) {
  JobQueue queue(8, 1);
  for (const std::uint32_t id : {1U, 2U, 3U, 4U}) {
    Job each = job(id);
    ASSERT_TRUE(queue.push(each));
  }
  auto first = queue.pop(), second = queue.pop();
  EXPECT_EQ(queue.begin_dear(*first), JobQueue::Turn::now);
  EXPECT_EQ(queue.begin_dear(*second), JobQueue::Turn::later);
  EXPECT_EQ(queue.pop()->id, 3U) << "the second one waits";
  queue.end_dear();
  const auto again = queue.pop();
  EXPECT_EQ(again->id, 2U);
  EXPECT_TRUE(again->is_dear);
  EXPECT_EQ(again->payload.size(), 3U);
  EXPECT_EQ(queue.pop()->id, 4U);
}

TEST(JobQueue, LetsOnlySoManyWaitAside) {
  JobQueue queue(4, 1);
  Job running = job(1), second = job(2), third = job(3), fourth = job(4);
  EXPECT_EQ(queue.begin_dear(running), JobQueue::Turn::now);
  EXPECT_EQ(queue.begin_dear(second), JobQueue::Turn::later);
  EXPECT_EQ(queue.begin_dear(third), JobQueue::Turn::later);
  EXPECT_EQ(queue.begin_dear(fourth), JobQueue::Turn::never);
  EXPECT_EQ(fourth.payload.size(), 3U);
}

}  // namespace
}  // namespace ferryman::realm
