#include "net/forwarded.h"

#include <gtest/gtest.h>

#include <string>

#include "net/listen_socket.h"

namespace ferryman::net {
namespace {

using Fields = std::vector<local::Field>;

std::string client(ClientAddress from, const Fields& fields) {
  const std::vector<Network> trusted{*Network::parse("10.0.0.0/8"), *Network::parse("2001:db8:1::/48")};
  const auto found = forwarded_client(from, fields, trusted);
  return found ? peer_name(*found) : "";
}

std::string x(std::string_view value) {
  return client(ClientAddress::x_forwarded_for, {{"x-forwarded-for", value}});
}

std::string forwarded(std::string_view value) {
  return client(ClientAddress::forwarded, {{"forwarded", value}});
}

TEST(Forwarded, TakesTheRightMostAddressThatIsNoTrustedProxys) {
  EXPECT_EQ(x("192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(x("198.51.100.9, 192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(x("198.51.100.9, 192.0.2.1 ,\t10.1.2.3,10.4.5.6"), "192.0.2.1:0");
  EXPECT_EQ(x("10.1.2.3, 10.4.5.6"), "10.1.2.3:0");
  EXPECT_EQ(x("x, <>, 192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(x(", 192.0.2.1,, "), "192.0.2.1:0");
}

TEST(Forwarded, TakesAddressesInEachFormThatProxiesWrite) {
  EXPECT_EQ(x("192.0.2.1:50000"), "192.0.2.1:50000");
  EXPECT_EQ(x("2001:db8::1"), "[2001:db8::1]:0");
  EXPECT_EQ(x("[2001:db8::1]"), "[2001:db8::1]:0");
  EXPECT_EQ(x("[2001:db8::1]:50000"), "[2001:db8::1]:50000");
  EXPECT_EQ(x("::ffff:192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(x("192.0.2.1, ::ffff:10.0.0.1"), "192.0.2.1:0");
}

TEST(Forwarded, ALastWordThatCannotBeReadNamesNobody) {
  for (const char* value :
       {"", ",", "unknown", "_hidden", "192.0.2.1, unknown", "192.0.2.1, 10.0.0.1 10.0.0.2", "0.0.0.0",
        "[192.0.2.1]", "[2001:db8::1", "192.0.2.1:", "192.0.2.1:99999", "192.0.2.1:1x", "fe80::1%eth0",
        "192.0.2.1\n", "2001:db8::1]:5", "[2001:db8::1]5", "::", "for=192.0.2.1"}) {
    EXPECT_EQ(x(value), "") << value;
  }
  EXPECT_EQ(x(std::string(1000, '1')), "");
  EXPECT_EQ(client(ClientAddress::x_forwarded_for, {}), "");
}

TEST(Forwarded, ReadsSeveralFieldsAsOneList) {
  const Fields fields{{"x-forwarded-for", "198.51.100.9"},
                      {"host", "192.0.2.5"},
                      {"x-forwarded-for", "192.0.2.1"},
                      {"x-forwarded-for", "10.0.0.1"},
                      {"x-forwarded-for", ""}};
  EXPECT_EQ(client(ClientAddress::x_forwarded_for, fields), "192.0.2.1:0");
  EXPECT_EQ(client(ClientAddress::forwarded, fields), "");
}

TEST(Forwarded, ReadsTheFieldOfRfc7239) {
  EXPECT_EQ(forwarded("for=192.0.2.43"), "192.0.2.43:0");
  EXPECT_EQ(forwarded("For=\"[2001:db8:cafe::17]:4711\""), "[2001:db8:cafe::17]:4711");
  EXPECT_EQ(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60:0");
  EXPECT_EQ(forwarded("by=203.0.113.43; for=192.0.2.60"), "192.0.2.60:0");
  EXPECT_EQ(forwarded("for=198.51.100.1, for=192.0.2.43, for=\"10.0.0.1:80\""), "192.0.2.43:0");
  for (const char* value :
       {"", "192.0.2.1", "for", "for=", "for=unknown", "for=\"_gazonk\"", "by=192.0.2.1", "for=\"192.0.2.1",
        "for=192.0.2.1;for=192.0.2.2", "for=198.51.100.1, by=10.0.0.1", "for=\"\\192.0.2.1\""}) {
    EXPECT_EQ(forwarded(value), "") << value;
  }
}

TEST(Forwarded, WhatAClientLeavesOpenSpoilsNothingBehindIt) {
  EXPECT_EQ(forwarded("for=\"198.51.100.1, for=192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(forwarded("for=\"x\\\", for=192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(forwarded("for=192.0.2.1;host=\"x\\\", for=198.51.100.1\""), "192.0.2.1:0");
  EXPECT_EQ(forwarded("for=192.0.2.1;host=\"a,b;for=198.51.100.1\""), "192.0.2.1:0");
}

}  // namespace
}  // namespace ferryman::net
