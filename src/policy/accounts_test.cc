#include "policy/accounts.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ferryman::policy {
namespace {

Accounts::Hash hash(std::uint64_t number) {
  return SipHash({1, 2}).number(number).finish() | 1;
}

TEST(Accounts, RemembersWhoseNamesTheyAre) {
  Accounts accounts(64);
  EXPECT_EQ(accounts.find(hash(1)), 0U);
  accounts.note(hash(1), hash(100));
  accounts.note(hash(2), hash(100));
  EXPECT_EQ(accounts.find(hash(1)), hash(100));
  EXPECT_EQ(accounts.find(hash(2)), hash(100));
  accounts.note(hash(1), hash(101));
  EXPECT_EQ(accounts.find(hash(1)), hash(101)) << "the last word counts";
}

TEST(Accounts, ForgetsRatherThanGrowsAndNeverMixesNamesUp) {
  Accounts accounts(64);
  unsigned known = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    accounts.note(hash(i), hash(i + 1'000'000));
    EXPECT_EQ(accounts.find(hash(i)), hash(i + 1'000'000));
  }
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto found = accounts.find(hash(i));
    EXPECT_TRUE(found == 0 || found == hash(i + 1'000'000));
    known += found != 0 ? 1 : 0;
  }
  EXPECT_GT(known, 0U);
  EXPECT_LE(known, 64U);
}

TEST(Accounts, WorkersThatWriteAtOnceLeaveNoHalfTruth) {
  Accounts accounts(4);
  std::vector<std::thread> threads;
  for (std::uint64_t worker = 0; worker < 3; ++worker) {
    threads.emplace_back([&accounts, worker] {
      for (std::uint64_t i = 0; i < 100'000; ++i) {
        const std::uint64_t name = (i + worker) % 16;
        accounts.note(hash(name), hash(name + 100));
        const auto found = accounts.find(hash((i * 7) % 16));
        ASSERT_TRUE(found == 0 || found == hash((i * 7) % 16 + 100));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace ferryman::policy
