#include "realm/event_history.h"

#include <gtest/gtest.h>

#include <thread>

namespace ferryman::realm {
namespace {

using nlohmann::json;

TEST(EventHistory, NumbersAndDatesEvents) {
  EventHistory history;
  history.add({{"action", "a"}});
  history.add({{"action", "b"}, {"time", 7}});
  const auto page = history.after(0, 10);
  ASSERT_EQ(page.events.size(), 2U);
  EXPECT_EQ(page.events[0]["sequence"], 1);
  EXPECT_GT(page.events[0]["time"], 1'700'000'000);
  EXPECT_EQ(page.events[1], (json{{"action", "b"}, {"time", 7}, {"sequence", 2}}));
  EXPECT_EQ(page.next, 2U);
}

TEST(EventHistory, IsReadPageByPage) {
  EventHistory history;
  EXPECT_EQ(history.after(0, 10).next, 0U);
  for (int i = 1; i <= 5; ++i) history.add({{"n", i}});
  const auto first = history.after(0, 2), second = history.after(first.next, 2),
             last = history.after(second.next, 2), none = history.after(last.next, 2);
  EXPECT_EQ(first.events.at(1)["n"], 2);
  EXPECT_EQ(second.events.at(0)["n"], 3);
  ASSERT_EQ(last.events.size(), 1U);
  EXPECT_EQ(last.next, 5U);
  EXPECT_TRUE(none.events.empty());
  EXPECT_EQ(none.next, 5U);
  EXPECT_EQ(history.after(0, 0).next, 0U);
}

TEST(EventHistory, ForgetsTheOldest) {
  EventHistory history;
  for (std::size_t i = 0; i < EventHistory::capacity + 10; ++i) history.add(json::object());
  const auto page = history.after(0, 2 * EventHistory::capacity);
  ASSERT_EQ(page.events.size(), EventHistory::capacity);
  EXPECT_EQ(page.events.front()["sequence"], 11);
  EXPECT_EQ(page.events.back()["sequence"], EventHistory::capacity + 10);
}

TEST(EventHistory, BeginsAnewForWhoReadBeforeARestart) {
  EventHistory history;
  history.add(json::object());
  EXPECT_EQ(history.after(99, 10).events.size(), 1U);
}

TEST(EventHistory, IsForManyThreads) {
  EventHistory history;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) history.add(json::object());
      history.after(0, 10);
    });
  }
  for (auto& thread : threads) thread.join();
  const auto page = history.after(0, 1000);
  ASSERT_EQ(page.events.size(), 800U);
  for (std::size_t i = 0; i < 800; ++i) EXPECT_EQ(page.events[i]["sequence"], i + 1);
}

TEST(EventHistory, KeepsChangesHoweverManyRequestsCome) {
  EventHistory history;
  history.add({{"action", "user.add"}});
  for (std::size_t i = 0; i < EventHistory::capacity + 10; ++i) history.add_request("{}");
  history.add({{"action", "user.remove"}});
  const auto first = history.after(0, 1);
  ASSERT_EQ(first.events.size(), 1U);
  EXPECT_EQ(first.events[0]["action"], "user.add");
  const auto rest = history.after(first.next, EventHistory::capacity * 2);
  ASSERT_EQ(rest.events.size(), EventHistory::capacity + 1);
  EXPECT_EQ(rest.events.back()["action"], "user.remove");
  for (std::size_t i = 1; i < rest.events.size(); ++i)
    EXPECT_EQ(rest.events[i]["sequence"].get<int>(), rest.events[i - 1]["sequence"].get<int>() + 1);
}

TEST(EventHistory, EndsAPageBeforeItIsTooLarge) {
  EventHistory history;
  for (int i = 0; i < 100; ++i)
    history.add_request(nlohmann::json{{"cname", std::string(20'000, 'a')}}.dump());
  const auto page = history.after(0, 100);
  EXPECT_LT(page.events.size(), 30U);
  EXPECT_EQ(history.after(page.next, 1).events[0]["sequence"].get<std::size_t>(), page.events.size() + 1);
}

}  // namespace
}  // namespace ferryman::realm
