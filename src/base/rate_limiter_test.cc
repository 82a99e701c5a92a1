#include "base/rate_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace ferryman {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiter, GivesABurstThenARate) {
  RateLimiter limiter(64);
  const Rate rate = Rate::per_second(10, 5);
  auto now = RateLimiter::Clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.take(1, rate, now)) << i;
  EXPECT_FALSE(limiter.has(1, rate, now));
  EXPECT_FALSE(limiter.take(1, rate, now));
  EXPECT_TRUE(limiter.take(2, rate, now)) << "another key has its own";
  now += 100ms;
  EXPECT_TRUE(limiter.has(1, rate, now));
  EXPECT_TRUE(limiter.take(1, rate, now));
  EXPECT_FALSE(limiter.take(1, rate, now));
  now += 1h;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.take(1, rate, now)) << "never more than the burst is saved";
  EXPECT_FALSE(limiter.take(1, rate, now));
}

TEST(RateLimiter, WhatIsGivenBackCanBeTakenAgain) {
  RateLimiter limiter(64);
  const Rate rate = Rate::per_second(1, 2);
  auto now = RateLimiter::Clock::now();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(limiter.take(1, rate, now));
    limiter.give_back(1, rate, now);
  }
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(limiter.take(1, rate, now));
  now += 100ms;
  limiter.give_back(1, rate, now);
  EXPECT_TRUE(limiter.take(1, rate, now));
  EXPECT_FALSE(limiter.take(1, rate, now)) << "one, and no more";
  for (int i = 0; i < 10; ++i) limiter.give_back(1, rate, now);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(limiter.take(1, rate, now));
  EXPECT_FALSE(limiter.take(1, rate, now)) << "never more than the burst";
}

TEST(RateLimiter, TellsHowManyKeysHaveUsedSomething) {
  RateLimiter limiter(64);
  const Rate rate = Rate::per_second(1, 5);
  auto now = RateLimiter::Clock::now();
  EXPECT_EQ(limiter.in_use(now), 0U);
  limiter.take(1, rate, now);
  limiter.take(2, rate, now);
  limiter.take(2, rate, now);
  EXPECT_EQ(limiter.in_use(now), 2U);
  EXPECT_EQ(limiter.in_use(now + 1500ms), 1U);
  EXPECT_EQ(limiter.in_use(now + 1h), 0U);
}

TEST(RateLimiter, WithoutARateEverythingPasses) {
  RateLimiter limiter(8);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limiter.take(1, Rate{}, RateLimiter::Clock::now()));
}

TEST(RateLimiter, ManyKeysDoNotMakeOneKeyWait) {
  RateLimiter limiter(64);
  const Rate rate = Rate::per_second(1, 2);
  const auto now = RateLimiter::Clock::now();
  int refused = 0;
  for (std::uint64_t key = 0; key < 10000; ++key) refused += limiter.take(key, rate, now) ? 0 : 1;
  EXPECT_LE(refused, 2) << "but for keys whose hashes are the same, in about one run of 25";
}

TEST(RateLimiter, WorkersShareABucket) {
  RateLimiter limiter(64);
  const Rate rate = Rate::per_second(1, 1000);
  const auto now = RateLimiter::Clock::now();
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) taken += limiter.take(7, rate, now) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(taken, 1000);
  EXPECT_LE(taken, 1010) << "but for the last of many attempts at once";
}

}  // namespace
}  // namespace ferryman
