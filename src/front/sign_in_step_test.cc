#include "front/sign_in_step.h"

#include <gtest/gtest.h>

namespace ferryman::front {
namespace {

constexpr std::string_view path = "/example/oauth2/token";

TEST(SignInStep, IsToldByTheFormAndTheAnswersNames) {
  EXPECT_EQ(step_of_sign_in(path, "grant_type=srv_challenge", R"({"Nonce":"AwAB"})"), "nonce");
  EXPECT_EQ(step_of_sign_in(path, "grant_type=x&request=y",
                            R"({"refresh_token":"a","refresh_token_expires_in":1})"),
            "PRT");
  EXPECT_EQ(step_of_sign_in(path, "grant_type=x&request=y",
                            R"({"refresh_token_expires_in":1,"tgt_cloud":"{\"messageBuffer\":\"a\"}"})"),
            "PRT-and-TGT");
  EXPECT_EQ(step_of_sign_in(path, "grant_type=password", R"({"error":"invalid_grant"})"), "refused");
  EXPECT_EQ(step_of_sign_in(path, "grant_type=refresh_token", R"({"access_token":"a","id_token":"b"})"),
            "token");
  EXPECT_EQ(step_of_sign_in("/x/.well-known/openid-configuration", "", "{}"), "metadata");
}

TEST(SignInStep, IsNoneOfWhatIsNotKnown) {
  EXPECT_EQ(step_of_sign_in("/sign-in", "user=alice&password=secret", "<html>"), "");
  EXPECT_EQ(step_of_sign_in(path, "", ""), "");
}

}  // namespace
}  // namespace ferryman::front
