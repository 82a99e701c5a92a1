#include "net/client_table.h"

#include <gtest/gtest.h>

namespace ferryman::net {
namespace {

using boost::asio::ip::make_address;

TEST(ClientKey, IsOneForWhatASiteHas) {
  const ClientLimits limits;
  EXPECT_EQ(client_key(make_address("192.0.2.1"), limits),
            client_key(make_address("::ffff:192.0.2.1"), limits));
  EXPECT_NE(client_key(make_address("192.0.2.1"), limits), client_key(make_address("192.0.2.2"), limits));
  EXPECT_EQ(client_key(make_address("2001:db8:0:1200::1"), limits),
            client_key(make_address("2001:db8:0:12ff::2"), limits));
  EXPECT_NE(client_key(make_address("2001:db8:0:1200::1"), limits),
            client_key(make_address("2001:db8:0:1300::1"), limits));
}

TEST(ClientKey, IsNoneForTheExempt) {
  ClientLimits limits;
  limits.exempt = {*Network::parse("10.0.0.0/8"), *Network::parse("::1")};
  EXPECT_EQ(client_key(make_address("10.1.2.3"), limits), 0U);
  EXPECT_EQ(client_key(make_address("::1"), limits), 0U);
  EXPECT_EQ(client_key(boost::asio::ip::address(), limits), 0U) << "a unix socket";
  EXPECT_NE(client_key(make_address("11.1.2.3"), limits), 0U);
}

TEST(ClientTable, CountsConnectionsOfEach) {
  ClientTable table;
  ClientLimits limits;
  limits.max_connections = 2;
  const auto now = ClientTable::Clock::now();
  EXPECT_EQ(table.enter(1, limits, now), "");
  EXPECT_EQ(table.enter(1, limits, now), "");
  EXPECT_EQ(table.enter(1, limits, now), "client_connections");
  EXPECT_EQ(table.enter(2, limits, now), "");
  table.leave(1);
  EXPECT_EQ(table.enter(1, limits, now), "");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(table.enter(0, limits, now), "");
}

TEST(ClientTable, TellsHowManyClientsThereAre) {
  ClientTable table;
  const ClientLimits limits;
  const auto now = ClientTable::Clock::now();
  table.enter(1, limits, now);
  table.enter(1, limits, now);
  table.enter(2, limits, now);
  table.may_request(2, limits, now);
  EXPECT_EQ(table.counts(now).connected, 2U);
  EXPECT_EQ(table.counts(now).buckets, 3U) << "one of connections each, and one of requests";
  table.leave(2);
  EXPECT_EQ(table.counts(now + std::chrono::hours(1)).connected, 1U);
  EXPECT_EQ(table.counts(now + std::chrono::hours(1)).buckets, 0U);
}

TEST(ClientTable, BoundsTheRatesOfConnectionsAndRequestsApart) {
  ClientTable table;
  ClientLimits limits;
  limits.connections_per_second = limits.requests_per_second = 1;
  limits.connections_burst = limits.requests_burst = 1;
  const auto now = ClientTable::Clock::now();
  EXPECT_EQ(table.enter(1, limits, now), "");
  EXPECT_EQ(table.enter(1, limits, now), "client_connection_rate");
  EXPECT_TRUE(table.may_request(1, limits, now));
  EXPECT_FALSE(table.may_request(1, limits, now));
  EXPECT_TRUE(table.may_request(1, limits, now + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace ferryman::net
