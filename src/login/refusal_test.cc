#include "login/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ferryman::login {
namespace {

using testing::HasSubstr;
using testing::Not;

Failure refused(int status, std::string_view body) {
  return refusal_of({status, Secret(as_bytes(body))}, "the server gave no token");
}

TEST(Refusal, SaysWhatACodeMeans) {
  const Failure failure = refused(
      400, R"({"error":"invalid_grant","error_description":"AADSTS50053: Locked.","error_codes":[50053]})");
  EXPECT_EQ(failure.fault, Fault::refused);
  EXPECT_EQ(failure.code, 50053U);
  EXPECT_THAT(failure.text, HasSubstr("the account is locked"));
  EXPECT_THAT(failure.text, HasSubstr("AADSTS50053"));
}

TEST(Refusal, ShowsTheDescriptionOfOthers) {
  const Failure failure = refused(
      400, R"({"error":"invalid_grant","error_description":"AADSTS1: \u001b[31mRed.","error_codes":[1]})");
  EXPECT_THAT(failure.text, HasSubstr("Red"));
  EXPECT_THAT(failure.text, Not(HasSubstr("\x1b"))) << "a terminal would obey it";
}

TEST(Refusal, TakesNoCodeThatIsNone) {
  for (const char* codes : {"[]", "[-1]", "[4294967296]", "[\"50053\"]", "50053", "null"}) {
    const Failure failure = refused(400, std::string(R"({"error":"x","error_codes":)") + codes + "}");
    EXPECT_EQ(failure.code, 0U) << codes;
    EXPECT_EQ(failure.fault, Fault::refused) << codes;
  }
}

TEST(Refusal, WhatNoSignInServiceSaysIsTold) {
  EXPECT_THAT(refused(404, "<html>").text, HasSubstr("look at --url"));
  EXPECT_EQ(refused(404, "<html>").fault, Fault::refused);
  EXPECT_EQ(refused(503, "").fault, Fault::not_reachable);
}

}  // namespace
}  // namespace ferryman::login
