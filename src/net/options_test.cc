#include "net/options.h"

#include <gtest/gtest.h>

namespace ferryman::net {
namespace {

TEST(ParseListenAddress, TakesAddressesWithPortsAndSocketPaths) {
  EXPECT_EQ(parse_listen_address("[::]:443"), (ListenAddress{"::", 443, {}}));
  EXPECT_EQ(parse_listen_address("*:443"), (ListenAddress{"::", 443, {}}));
  EXPECT_EQ(parse_listen_address("127.0.0.1:1"), (ListenAddress{"127.0.0.1", 1, {}}));
  EXPECT_EQ(parse_listen_address("unix:/run/x"), (ListenAddress{"", 0, "/run/x"}));
  for (const auto* text : {"", "443", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:1x",
                           "::1:443", "[127.0.0.1]:1", "host:443", "unix:run/x"}) {
    EXPECT_EQ(parse_listen_address(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ferryman::net
