#include "locate/candidate.h"

#include <gtest/gtest.h>

#include <map>

namespace ferryman::locate {
namespace {

TEST(InOrder, FollowsPriorityThenWeight) {
  std::minstd_rand random(1);
  const auto candidate = [](const char* name, std::uint16_t priority, std::uint16_t weight) {
    Candidate c;
    c.kdc.name = name;
    c.priority = priority;
    c.kdc.weight = weight;
    return c;
  };
  const std::vector<Candidate> candidates{candidate("late", 10, 100), candidate("often", 0, 90),
                                          candidate("seldom", 0, 10), candidate("never", 0, 0)};
  std::map<std::string, int> first;
  for (int i = 0; i < 10000; ++i) {
    auto ordered = candidates;
    put_in_order(ordered, random);
    ASSERT_EQ(ordered.size(), 4U);
    EXPECT_EQ(ordered[3].kdc.name, "late");
    ++first[ordered[0].kdc.name];
  }
  EXPECT_NEAR(first["often"], 9000, 300);
  EXPECT_LT(first["never"], 20);
}

}  // namespace
}  // namespace ferryman::locate
