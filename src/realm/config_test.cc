#include "realm/config.h"

#include <gtest/gtest.h>

namespace ferryman::realm {
namespace {

const std::string good = R"([realm]
name = "CLOUD.EXAMPLE.COM"
url = "https://gateway.example.com:8443/"
default_tenant = "example"
[service]
front_user = "root"
)";

std::string mistake(const std::string& text) {
  const auto loaded = parse_config(text, "realm.toml", Users::looked_up);
  EXPECT_EQ(loaded.mistakes.size(), 1U) << text;
  return loaded.mistakes.empty() ? "" : loaded.mistakes[0].to_string();
}

std::string with(std::string_view key, std::string_view value) {
  std::string text = good;
  const auto at = text.find(std::string(key) + " = "), end = text.find('\n', at);
  return text.replace(at, end - at, std::string(key) + " = " + std::string(value));
}

TEST(RealmConfig, IsReadWithItsDefaults) {
  const auto loaded = parse_config(good, "realm.toml", Users::looked_up);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes[0].to_string();
  EXPECT_EQ(loaded.config.name, "CLOUD.EXAMPLE.COM");
  EXPECT_EQ(loaded.config.sign_in.url, "https://gateway.example.com:8443");
  EXPECT_EQ(loaded.config.sign_in.tenant, "example");
  EXPECT_EQ(loaded.config.sign_in.nonce_lifetime, std::chrono::minutes(5));
  EXPECT_EQ(loaded.config.service.front, "/run/ferryman-realm/front.sock");
}

TEST(RealmConfig, WhatIsShownIsReadAgainAsTheSame) {
  const std::string shown = to_toml(parse_config(good, "realm.toml", Users::looked_up).config);
  const auto again = parse_config(shown, "shown", Users::looked_up);
  ASSERT_TRUE(again.mistakes.empty()) << again.mistakes[0].to_string();
  EXPECT_EQ(to_toml(again.config), shown);
}

TEST(RealmConfig, MistakesAreToldWithTheirPlace) {
  EXPECT_EQ(mistake(good + "fornt = \"/x\"\n"),
            "realm.toml:7:1: unknown key \"fornt\" in [service]; did you mean \"front\"?");
  EXPECT_NE(mistake(good + "[kdc]\n").find("unknown key \"kdc\" in the file"), std::string::npos);
  EXPECT_NE(mistake("realm = 1\n").find("[realm]"), std::string::npos);
  EXPECT_NE(mistake("x = \n").find("not TOML"), std::string::npos);
  for (const auto* name : {"\"\"", "\"A/B\"", "\"a@b\"", "\"A B\""}) {
    EXPECT_TRUE(mistake(with("name", name)).starts_with("realm.toml:2:")) << name;
  }
  for (const auto* url : {"\"http://x\"", "\"https://\"", "\"https://x/y\"", "\"https://u@x\"", "\"\""}) {
    EXPECT_TRUE(mistake(with("url", url)).starts_with("realm.toml:3:")) << url;
  }
  for (const auto* tenant : {"\"Common\"", "\"kdcproxy\"", "\"a/b\"", "\"\"", "\".well-known\""}) {
    EXPECT_TRUE(mistake(with("default_tenant", tenant)).starts_with("realm.toml:4:")) << tenant;
  }
  EXPECT_TRUE(mistake(with("front_user", "\"no-such-user\"")).starts_with("realm.toml:6:"));
  EXPECT_TRUE(mistake(good + "front = \"front.sock\"\n").starts_with("realm.toml:7:"));
  EXPECT_TRUE(mistake(good + "front = \"/" + std::string(108, 'a') + "\"\n").starts_with("realm.toml:7:"));
  EXPECT_TRUE(mistake(good + "[sign_in]\nnonce_lifetime = \"2h\"\n").starts_with("realm.toml:8:"));
}

TEST(RealmConfig, WhatHasNoDefaultMustStandThere) {
  EXPECT_EQ(
      parse_config("[service]\nfront_user = \"root\"\n", "realm.toml", Users::looked_up).mistakes.size(), 3U);
}

}  // namespace
}  // namespace ferryman::realm
