#include "locate/address_rules.h"

#include <gtest/gtest.h>

namespace ferryman::locate {
namespace {

TEST(AddressRules, RefuseWhatOnlyThisHostCanReach) {
  const AddressRules rules({}, {});
  const auto allows = [&](const char* address, std::uint16_t port = 88) {
    return rules.allows(boost::asio::ip::make_address(address), port);
  };
  for (const auto* address : {"10.0.0.1", "192.168.1.1", "203.0.113.5", "2001:db8::1", "fd00::1"}) {
    EXPECT_TRUE(allows(address)) << address;
    EXPECT_TRUE(allows(address, 464)) << address;
    EXPECT_FALSE(allows(address, 22)) << address;
    EXPECT_FALSE(allows(address, 6379)) << address;
  }
  for (const auto* address :
       {"127.0.0.1", "127.255.0.1", "169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255",
        "240.0.0.1", "::", "::1", "fe80::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    EXPECT_FALSE(allows(address)) << address;
  }
}

TEST(AddressRules, AllowWhatTheRealmNames) {
  const AddressRules rules({"127.0.0.0/8", "fe80::/10"}, {8800});
  EXPECT_TRUE(rules.allows(boost::asio::ip::make_address("127.9.9.9"), 8800));
  EXPECT_TRUE(rules.allows(boost::asio::ip::make_address("fe80::1"), 88));
  EXPECT_FALSE(rules.allows(boost::asio::ip::make_address("169.254.0.1"), 88));
  EXPECT_FALSE(net::Network::parse("127.0.0.0/33"));
  EXPECT_FALSE(net::Network::parse("nonsense"));
}

}  // namespace
}  // namespace ferryman::locate
