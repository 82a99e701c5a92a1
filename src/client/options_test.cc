#include "client/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferryman::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Options, AreReadFromToml) {
  Options options;
  const auto mistakes = parse_options(
      "deadline = \"5s\"\nrevocation = \"required\"\ndns = false\n[gateways]\n"
      "\"A.TEST\" = [\"gw1.test\", \"https://gw2.test/x\"]\n\".b.test\" = \"<https gw3.test gw4.test:444 "
      "/>\"\n",
      "client.toml", options);
  ASSERT_TRUE(mistakes.empty()) << mistakes.front().to_string();
  EXPECT_EQ(options.deadline, std::chrono::seconds(5));
  EXPECT_EQ(options.revocation, Revocation::required);
  EXPECT_FALSE(options.dns);
  ASSERT_EQ(options.gateways.size(), 2U);
  for (const auto& rule : options.gateways) {
    if (rule.pattern == "A.TEST") {
      EXPECT_THAT(rule.urls, ElementsAre("https://gw1.test/KdcProxy", "https://gw2.test/x"));
    } else {
      EXPECT_THAT(rule.urls, ElementsAre("https://gw3.test/KdcProxy", "https://gw4.test:444/KdcProxy"));
    }
  }
}

TEST(Options, WhatEnrollTakes) {
  Options options;
  ASSERT_TRUE(parse_options("[enroll]\nurl = \"https://gw\"\ntenant = \"example\"\nkey = \"software\"\n", "1",
                            options)
                  .empty());
  EXPECT_EQ(options.enroll.url, "https://gw");
  EXPECT_EQ(options.enroll.tenant, "example");
  EXPECT_EQ(options.enroll.key, "software");
  const auto mistakes = parse_options("[enroll]\nkey = \"usb\"\nuser = \"alice\"\n", "2", options);
  EXPECT_EQ(mistakes.size(), 2U);
  EXPECT_EQ(options.enroll.key, "software");
  EXPECT_EQ(parse_options("enroll = 1\n", "3", options).size(), 1U);
}

TEST(Options, ALaterFileReplacesAPatternsGatewaysAndKeepsTheOthers) {
  Options options;
  ASSERT_TRUE(parse_options("[gateways]\nA = \"gw1\"\nB = \"gw2\"\n", "1", options).empty());
  ASSERT_TRUE(parse_options("[gateways]\na = \"gw3\"\n", "2", options).empty());
  ASSERT_EQ(options.gateways.size(), 2U);
  EXPECT_THAT(options.gateways[0].urls, ElementsAre("https://gw3/KdcProxy"));
}

TEST(Options, EveryMistakeIsToldAndNothingIsChanged) {
  Options options;
  const auto mistakes = parse_options(
      "deadlin = \"5s\"\ndeadline = 5\n[gateways]\n\"A*\" = \"gw\"\nB = \"ftp://gw\"\nC = 1\n", "f", options);
  EXPECT_EQ(mistakes.size(), 5U);
  EXPECT_TRUE(options.gateways.empty());
  EXPECT_EQ(parse_options("= 1", "f", options).size(), 1U);
}

TEST(Options, AreSetByName) {
  Options options;
  EXPECT_TRUE(options.set("deadline", "3s"));
  EXPECT_TRUE(options.set("dns", "false"));
  EXPECT_TRUE(options.set("dns_servers", "127.0.0.1:53"));
  EXPECT_EQ(options.deadline, std::chrono::seconds(3));
  EXPECT_FALSE(options.dns);
  EXPECT_THAT(options.dns_servers, ElementsAre("127.0.0.1:53"));
  EXPECT_THAT(options.set("dead_line", "3s").error(), HasSubstr("deadline"));
  EXPECT_THAT(options.set("deadline", "3").error(), HasSubstr("\"8s\""));
  EXPECT_FALSE(options.set("revocation", "maybe"));
}

TEST(Options, GatewaysAreAddedInOrder) {
  Options options;
  EXPECT_TRUE(options.add_gateway("*", "gw1"));
  EXPECT_TRUE(options.add_gateway("*", "gw2"));
  EXPECT_TRUE(options.add_gateway("*", "https://gw1/KdcProxy"));
  EXPECT_THAT(options.gateways[0].urls, ElementsAre("https://gw1/KdcProxy", "https://gw2/KdcProxy"));
  EXPECT_THAT(options.add_gateway("", "gw").error(), HasSubstr("SUFFIX"));
  EXPECT_THAT(options.add_gateway("*", "http://gw").error(), HasSubstr("https"));
}

}  // namespace
}  // namespace ferryman::client
