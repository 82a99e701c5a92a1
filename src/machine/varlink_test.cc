#include "machine/varlink.h"

#include <gtest/gtest.h>

#include <string>

namespace ferryman::machine {
namespace {

std::string call_text(const std::string& parameters, const std::string& more = "") {
  return R"({"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{)" + parameters + "}" + more +
         "}";
}

TEST(VarlinkTest, ACallSaysWhatItAsksFor) {
  const auto call = parse_call(call_text(R"("userName":"alice","uid":5000,"service":"io.ferryman.Users")"));
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, Call::Method::get_user_record);
  EXPECT_EQ(call->user_name, "alice");
  EXPECT_EQ(call->uid, 5000U);
  EXPECT_EQ(call->service, "io.ferryman.Users");
  EXPECT_FALSE(call->more || call->oneway || call->group_name || call->gid);
}

TEST(VarlinkTest, NullIsAbsent) {
  const auto call = parse_call(call_text(R"("userName":null,"uid":null)", R"(,"more":true,"oneway":null)"));
  ASSERT_TRUE(call);
  EXPECT_FALSE(call->user_name || call->uid || call->oneway);
  EXPECT_TRUE(call->more);
}

TEST(VarlinkTest, AnUnknownMethodIsACallAllTheSame) {
  const auto call = parse_call(R"({"method":"org.varlink.service.GetInfo"})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, Call::Method::unknown);
}

TEST(VarlinkTest, WhatIsNoCallIsRefused) {
  for (const auto& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
        std::string(R"({"method":1})"), std::string(R"({"method":"a","method":"b"})"),
        std::string("{\"method\":\"\xff\"}"), call_text(R"("uid":-1)"), call_text(R"("uid":1.5)"),
        call_text(R"("uid":"0")"), call_text(R"("userName":7)"), call_text(R"("userName":{"a":{}})"),
        call_text("", R"(,"more":1)"), std::string(R"({"method":"a","parameters":[]})"), call_text("") + "x"})
    EXPECT_FALSE(parse_call(text)) << text;
}

TEST(VarlinkTest, ACallHasABound) {
  const std::string text = call_text(R"("userName":"alice")");
  EXPECT_TRUE(parse_call(text + std::string(max_call - text.size(), ' ')));
  EXPECT_FALSE(parse_call(text + std::string(max_call + 1 - text.size(), ' ')));
}

}  // namespace
}  // namespace ferryman::machine
