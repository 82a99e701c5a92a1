#include "locate/candidate.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

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

TEST(PreparedSource, HasTheKdcsAtTheKpasswdPortWhereTheyHaveNoListOfTheirOwn) {
  auto source = std::make_shared<RealmSource>();
  source->kdc = {"tcp://10.0.0.1:8800", "no host", "kdc.test"};
  source->dns_allow_ports = {8800};
  const PreparedSource kdc(source, discovery::Service::kdc);
  ASSERT_EQ(kdc.entries.size(), 2U);
  EXPECT_EQ(kdc.entries[0].port, 8800);
  EXPECT_EQ(kdc.entries[1].host, "kdc.test");
  EXPECT_TRUE(kdc.rules.allows(boost::asio::ip::make_address("10.0.0.1"), 8800));
  const PreparedSource kpasswd(source, discovery::Service::kpasswd);
  ASSERT_EQ(kpasswd.entries.size(), 2U);
  EXPECT_EQ(kpasswd.entries[0].port, 464);
  source->kpasswd = {"10.0.0.2:4640"};
  const PreparedSource own(source, discovery::Service::kpasswd);
  ASSERT_EQ(own.entries.size(), 1U);
  EXPECT_EQ(own.entries[0].port, 4640);
}

}  // namespace
}  // namespace ferryman::locate
