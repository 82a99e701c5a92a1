#include "net/endpoint_name.h"

#include <gtest/gtest.h>

namespace ferryman::net {
namespace {

std::string name(const char* address, std::uint16_t port) {
  return std::string(EndpointName(boost::asio::ip::make_address(address), port).view());
}

TEST(EndpointName, IsWrittenAsInAUrl) {
  EXPECT_EQ(name("192.0.2.1", 88), "192.0.2.1:88");
  EXPECT_EQ(name("0.0.0.0", 0), "0.0.0.0:0");
  EXPECT_EQ(name("255.255.255.255", 65535), "255.255.255.255:65535");
  EXPECT_EQ(name("2001:db8::1", 88), "[2001:db8::1]:88");
  EXPECT_EQ(name("::", 1), "[::]:1");
  EXPECT_EQ(name("::ffff:192.0.2.1", 65535), "[::ffff:192.0.2.1]:65535");
  EXPECT_EQ(name("2001:db8:1111:2222:3333:4444:5555:6666", 65535),
            "[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
}

TEST(EndpointName, NamesTheScopeOfALinkLocalAddress) {
  EXPECT_EQ(name("fe80::1%1", 88), "[" + boost::asio::ip::make_address("fe80::1%1").to_string() + "]:88");
  EXPECT_EQ(name("fe80:1111:2222:3333:4444:5555:6666:7777%4294967295", 65535),
            "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
}

}  // namespace
}  // namespace ferryman::net
