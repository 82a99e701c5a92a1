#include "ferrymand/host.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

TEST(HostTest, IsAnAddressOrLocalhost) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:9464", "[::1]", "[::1]:9464", "localhost", "LocalHost:80"})
    EXPECT_TRUE(is_host_of_loopback(host)) << host;
}

TEST(HostTest, IsNoNameOfElsewhere) {
  for (const char* host :
       {"", "evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example", "[::1",
        "[::1]evil.example", "127.0.0.1:", "127.0.0.1:80@evil.example"})
    EXPECT_FALSE(is_host_of_loopback(host)) << host;
}

}  // namespace
}  // namespace ferryman
