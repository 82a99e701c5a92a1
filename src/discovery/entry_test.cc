#include "discovery/entry.h"

#include <gtest/gtest.h>

namespace ferryman::discovery {
namespace {

TEST(ParseEntry, TakesHostsPortsAndTransports) {
  const auto check = [](const char* text, const char* host, std::uint16_t port, Transport transport) {
    const auto entry = parse_entry(text);
    ASSERT_TRUE(entry) << text;
    EXPECT_EQ(entry->host, host);
    EXPECT_EQ(entry->port, port);
    EXPECT_EQ(entry->transport, transport);
  };
  check("10.0.0.1", "10.0.0.1", 0, Transport::any);
  check("tcp://dc1.example.com:88", "dc1.example.com", 88, Transport::tcp);
  check("udp://[::1]:8800", "::1", 8800, Transport::udp);
  check("2001:db8::1", "2001:db8::1", 0, Transport::any);
  for (const auto* text :
       {"", "https://proxy", "host:0", "host:70000", "[::1", "[::1]88", "ho st", "tcp://"}) {
    EXPECT_FALSE(parse_entry(text)) << text;
  }
  EXPECT_EQ(parse_krb5_entry("udp/kdc.example.com:88")->transport, Transport::udp);
}

}  // namespace
}  // namespace ferryman::discovery
