#include "realm/job_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace ferryman::realm {
namespace {

Job job(std::uint32_t id) {
  return {nullptr, local::FrameType::http_request, id, {1, 2, 3}};
}

TEST(JobQueue, GivesJobsInTheirOrder) {
  JobQueue queue(2);
  Job first = job(1), second = job(2);
  EXPECT_TRUE(queue.push(first));
  EXPECT_TRUE(queue.push(second));
  EXPECT_EQ(queue.pop()->id, 1U);
  EXPECT_EQ(queue.pop()->id, 2U);
}

TEST(JobQueue, LeavesAJobForWhichThereIsNoRoom) {
  JobQueue queue(1);
  Job first = job(1), second = job(2);
  EXPECT_TRUE(queue.push(first));
  EXPECT_FALSE(queue.push(second));
  EXPECT_EQ(second.payload.size(), 3U);
  EXPECT_EQ(queue.pop()->id, 1U);
  EXPECT_TRUE(queue.push(second));
}

TEST(JobQueue, LetsWhoWaitsGoWhenItIsStopped) {
  JobQueue queue(1);
  bool ended = false;
  std::thread waiting([&] { ended = !queue.pop(); });
  queue.stop();
  waiting.join();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace ferryman::realm
