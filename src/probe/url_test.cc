#include "probe/url.h"

#include <gtest/gtest.h>

namespace ferryman::probe {
namespace {

TEST(Url, WhatIsLeftOutIsHttpsAndKdcProxy) {
  const auto target = parse_url("kdc.example.com");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->url(), "https://kdc.example.com:443/KdcProxy");
  EXPECT_EQ(parse_url("kdc.example.com/")->path, "/KdcProxy");
  EXPECT_EQ(parse_url("HTTPS://kdc.example.com:8443/kkdcp?x")->url(), "https://kdc.example.com:8443/kkdcp?x");
  EXPECT_EQ(parse_url("http://kdc.example.com")->url(), "http://kdc.example.com:80/KdcProxy");
}

TEST(Url, IpAddresses) {
  EXPECT_TRUE(parse_url("https://192.0.2.1/")->is_ip_address());
  const auto target = parse_url("https://[2001:db8::1]:8443/");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "2001:db8::1");
  EXPECT_TRUE(target->is_ip_address());
  EXPECT_EQ(target->authority(), "[2001:db8::1]:8443");
  EXPECT_FALSE(parse_url("kdc.example.com")->is_ip_address());
}

TEST(Url, WhatCannotBeProbedIsRefused) {
  for (const char* url :
       {"", "ftp://x", "https://", "https://[::1", "https://x:0", "https://x:65536", "https://x:1y",
        "https://u@x", "https://x/a b", "https://x/a\r\nHost: y", "https://x y"})
    EXPECT_FALSE(parse_url(url)) << url;
}

TEST(Url, WhereToConnect) {
  const auto check = [](const char* text, const char* host, unsigned port) {
    const auto where = parse_host_port(text, 443);
    ASSERT_TRUE(where) << text;
    EXPECT_EQ(where->host, host);
    EXPECT_EQ(where->port, port);
  };
  check("192.0.2.1", "192.0.2.1", 443);
  check("name:8443", "name", 8443);
  check("::1", "::1", 443);
  check("[::1]:8443", "::1", 8443);
  check("[::1]", "::1", 443);
}

}  // namespace
}  // namespace ferryman::probe
