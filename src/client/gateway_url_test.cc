#include "client/gateway_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferryman::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(GatewayUrl, IsCompletedByWhatWindowsTakesForGranted) {
  EXPECT_EQ(parse_gateway_url("gw.example.com"), "https://gw.example.com/KdcProxy");
  EXPECT_EQ(parse_gateway_url("https://gw.example.com/"), "https://gw.example.com/KdcProxy");
  EXPECT_EQ(parse_gateway_url("gw.example.com:8443/a/b"), "https://gw.example.com:8443/a/b");
  EXPECT_EQ(parse_gateway_url("kkdcp://gw.example.com/kkdcp"), "https://gw.example.com/kkdcp");
  EXPECT_EQ(parse_gateway_url("https://[2001:db8::1]:444/x"), "https://[2001:db8::1]:444/x");
}

TEST(GatewayUrl, PlainHttpIsForLoopback) {
  EXPECT_EQ(parse_gateway_url("http://127.0.0.1:8080"), "http://127.0.0.1:8080/KdcProxy");
  EXPECT_EQ(parse_gateway_url("http://localhost/x"), "http://localhost/x");
  EXPECT_THAT(parse_gateway_url("http://gw.example.com").error(), HasSubstr("https"));
  EXPECT_THAT(parse_gateway_url("http://127.0.0.1.example.com").error(), HasSubstr("https"));
}

TEST(GatewayUrl, WhatIsNoGatewaysUrlIsRefused) {
  for (const auto* text :
       {"", " ", "ftp://gw.example.com/", "file:///etc/passwd", "https://", "https://gw:99999/",
        "https://user@gw/", "https://gw/?a", "https://gw/#a", "https://g w/"})
    EXPECT_FALSE(parse_gateway_url(text)) << text;
  EXPECT_FALSE(parse_gateway_url(std::string(5000, 'a')));
  EXPECT_FALSE(parse_gateway_url("%3333333")) << "a number once it is decoded";
  EXPECT_FALSE(parse_gateway_url("/Kd%"));
  EXPECT_FALSE(parse_gateway_url(std::string_view("gw\0.example.com", 15)));
  EXPECT_EQ(parse_gateway_url("https://gw/a%20b"), "https://gw/a%20b");
}

TEST(KdcProxyServer, NamesSeveral) {
  EXPECT_THAT(*parse_gateways("<https gw1.example.com gw2.example.com:8443 gw3.example.com:443:proxy />"),
              ElementsAre("https://gw1.example.com/KdcProxy", "https://gw2.example.com:8443/KdcProxy",
                          "https://gw3.example.com:443/proxy"));
  EXPECT_THAT(*parse_gateways(" <HTTPS [2001:db8::1]:444:/a/b/> "),
              ElementsAre("https://[2001:db8::1]:444/a/b"));
  EXPECT_THAT(*parse_gateways("https://gw.example.com/x"), ElementsAre("https://gw.example.com/x"));
}

TEST(KdcProxyServer, ItsMistakesAreTold) {
  EXPECT_THAT(parse_gateways("<https />").error(), HasSubstr("no gateway"));
  EXPECT_THAT(parse_gateways("<http gw />").error(), HasSubstr("<https"));
  EXPECT_THAT(parse_gateways("<https gw").error(), HasSubstr("<https"));
  EXPECT_THAT(parse_gateways("<httpsgw />").error(), HasSubstr("<https"));
  EXPECT_THAT(parse_gateways("<https gw:0x50 />").error(), HasSubstr("\"gw:0x50\""));
}

}  // namespace
}  // namespace ferryman::client
