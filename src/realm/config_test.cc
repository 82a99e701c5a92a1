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
  EXPECT_EQ(loaded.config.fixed.service.front, "/run/ferryman-realm/front.sock");
}

TEST(RealmConfig, WhatIsShownIsReadAgainAsTheSame) {
  const std::string shown = to_toml(parse_config(good, "realm.toml", Users::looked_up).config);
  const auto again = parse_config(shown, "shown", Users::looked_up);
  ASSERT_TRUE(again.mistakes.empty()) << again.mistakes[0].to_string();
  EXPECT_EQ(to_toml(again.config), shown);
}

TEST(RealmConfig, ProgramsAreReadAndShown) {
  const std::string text = good +
                           "[[sign_in.programs]]\nid = \"wiki\"\nname = \"The wiki\"\n"
                           "redirect_uris = [\"https://wiki.example.com/cb\", \"http://localhost\"]\n"
                           "[[sign_in.programs]]\nid = \"tool\"\nname = \"A tool\"\n";
  const auto loaded = parse_config(text, "realm.toml", Users::looked_up);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes[0].to_string();
  ASSERT_EQ(loaded.config.sign_in.programs.size(), 2U);
  EXPECT_EQ(loaded.config.sign_in.programs[0].redirect_uris.size(), 2U);
  const auto again = parse_config(to_toml(loaded.config), "shown", Users::looked_up);
  ASSERT_TRUE(again.mistakes.empty()) << again.mistakes[0].to_string();
  EXPECT_EQ(again.config.sign_in.programs, loaded.config.sign_in.programs);
}

TEST(RealmConfig, ProgramsThatAreNoneAreMistakes) {
  const auto program = [](std::string_view lines) {
    return good + "[[sign_in.programs]]\nid = \"wiki\"\nname = \"Wiki\"\n" + std::string(lines);
  };
  for (const auto* uri :
       {"http://wiki.example.com/", "javascript:alert(1)", "data:text/html,x", "https://w/#a", "wiki",
        "HTTPS://w/", "https://", "http://localhost.evil.example/", "https://w/ b"})
    EXPECT_NE(mistake(program("redirect_uris = \"" + std::string(uri) + "\"\n")).find("redirect_uris"),
              std::string::npos)
        << uri;
  EXPECT_NE(mistake(good + "[sign_in]\nprograms = 1\n").find("programs must be tables"), std::string::npos);
  EXPECT_NE(mistake(program("[[sign_in.programs]]\nid = \"WIKI\"\nname = \"Other\"\n")).find("already"),
            std::string::npos);
  EXPECT_NE(mistake(good + "[[sign_in.programs]]\nid = \"wiki\"\n").find("name"), std::string::npos);
}

TEST(RealmConfig, MistakesAreToldWithTheirPlace) {
  EXPECT_EQ(mistake(good + "fornt = \"/x\"\n"),
            "realm.toml:7:1: unknown key \"fornt\" in [service]; did you mean \"front\"?");
  EXPECT_NE(mistake(good + "[kcd]\n").find("unknown key \"kcd\" in the file"), std::string::npos);
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

TEST(RealmConfig, HasASocketForSynchronisationWhereItIsSaid) {
  EXPECT_EQ(parse_config(good, "realm.toml", Users::looked_up).config.fixed.service.sync, "");
  const std::string with_sync = good + "sync = \"/run/ferryman-realm/sync.sock\"\n";
  const auto loaded = parse_config(with_sync + "sync_user = \"root\"\n", "realm.toml", Users::looked_up);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes[0].to_string();
  EXPECT_EQ(loaded.config.fixed.service.sync, "/run/ferryman-realm/sync.sock");
  EXPECT_TRUE(
      parse_config(good + "sync_user = \"no-such-user\"\n", "realm.toml", Users::looked_up).mistakes.empty())
      << "there is no socket";
  EXPECT_TRUE(mistake(with_sync + "sync_user = \"no-such-user\"\n").starts_with("realm.toml:8:"));
  EXPECT_TRUE(mistake(good + "sync = \"sync.sock\"\nsync_user = \"root\"\n").starts_with("realm.toml:7:"));
  for (const auto* other : {"admin", "front"})
    EXPECT_TRUE(mistake(good + "sync_user = \"root\"\nsync = \"/run/ferryman-realm/" + other + ".sock\"\n")
                    .starts_with("realm.toml:8:"))
        << other;
}

TEST(RealmConfig, SaysWhatFidoKeysAreFor) {
  EXPECT_EQ(parse_config(good, "realm.toml", Users::looked_up).config.sign_in.rp_id, "gateway.example.com");
  const auto loaded = parse_config(good + R"([sign_in]
rp_id = "example.com"
origins = ["https://other.example.com", "https://example.com"]
)",
                                   "realm.toml", Users::looked_up);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes[0].to_string();
  EXPECT_EQ(loaded.config.sign_in.rp_id, "example.com");
  EXPECT_EQ(loaded.config.sign_in.origins.size(), 2U);
  EXPECT_EQ(loaded.config.sign_in.attestation_roots, nullptr);
  for (const auto* line :
       {"rp_id = \"com\"", "rp_id = \"ample.com\"", "rp_id = \"www.gateway.example.com\"",
        "origins = [\"https://gateway.example.org\"]", "origins = [\"example.com\"]",
        "origins = [\"https://Gateway.example.com\"]", "origins = [\"https://gateway.example.com:443\"]"})
    EXPECT_FALSE(mistake(good + "[sign_in]\n" + line + "\n").empty()) << line;
  EXPECT_NE(mistake(good + "[sign_in]\nallow_software_keys = false\n").find("takes attestation_roots"),
            std::string::npos);
  EXPECT_TRUE(
      mistake(good + "[sign_in]\nattestation_roots = \"/no/such/file\"\n").starts_with("realm.toml:8:"));
  EXPECT_TRUE(
      mistake(good + "[sign_in]\nattestation_roots = \"/etc/passwd\"\n").starts_with("realm.toml:8:"));
}

TEST(RealmConfig, SaysWhoLogsOnByAPublicKey) {
  const auto loaded =
      parse_config(good + "[pkinit]\nfreshness_required = false\n", "realm.toml", Users::looked_up);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes[0].to_string();
  EXPECT_TRUE(loaded.config.public_keys.enabled);
  EXPECT_FALSE(loaded.config.public_keys.freshness_required);
  EXPECT_FALSE(loaded.config.public_keys.anonymous);
  EXPECT_EQ(loaded.config.public_keys.anchors, nullptr);
  for (const auto* line : {"crls = \"/etc/passwd\"", "crl_required = true"})
    EXPECT_NE(mistake(good + "[pkinit]\n" + line + "\n").find("take anchors"), std::string::npos) << line;
  for (const auto* file : {"/no/such/file", "/etc/passwd"})
    EXPECT_TRUE(mistake(good + "[pkinit]\nanchors = \"" + file + "\"\n").starts_with("realm.toml:8:"))
        << file;
}

TEST(RealmConfig, SetsThePolicyOfTheKdc) {
  const auto loaded = parse_config(good + R"([kdc]
ticket_lifetime = "8h"
renew_lifetime = "2d"
max_skew = "1m"
etypes = ["aes128-cts-hmac-sha1-96", "rc4-hmac"]
hide_unknown_clients = true
lockout_threshold = 3
lockout_window = "1m"
lockout_duration = "2m"
spn_aliases = []
[password]
min_length = 8
min_strength = 30
history = 2
max_age = "90d"
)",
                                   "realm.toml", Users::looked_up);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes[0].to_string();
  const account::Policy& policy = loaded.config.policy;
  EXPECT_EQ(policy.lifetime.ticket, 8 * 3600);
  EXPECT_EQ(policy.lifetime.renewable, 2 * 86400);
  EXPECT_EQ(policy.max_skew, 60);
  EXPECT_EQ(policy.etypes, (std::vector<std::int32_t>{17, 23}));
  EXPECT_TRUE(policy.hide_unknown_clients);
  EXPECT_EQ(policy.lockout.threshold, 3U);
  EXPECT_EQ(policy.lockout.window, 60);
  EXPECT_EQ(policy.lockout.duration, 120);
  EXPECT_TRUE(loaded.config.fixed.spn_aliases.empty());
  EXPECT_EQ(policy.password.min_length, 8U);
  EXPECT_EQ(policy.password.min_strength, 30);
  EXPECT_EQ(policy.password.history, 2U);
  EXPECT_EQ(policy.password.max_age, 90 * 86400);
}

TEST(RealmConfig, RefusesPoliciesThatNobodyMeans) {
  for (const auto* line : {"etypes = [\"aes256\"]", "etypes = [\"rc4-hmac\"]", "etypes = []",
                           "etypes = [\"aes256-cts-hmac-sha1-96\", \"aes256-cts-hmac-sha1-96\"]",
                           "max_skew = \"1500ms\"", "ticket_lifetime = \"1s\"", "lockout_threshold = -1"})
    EXPECT_TRUE(mistake(good + "[kdc]\n" + line + "\n").starts_with("realm.toml:8:")) << line;
}

TEST(RealmConfig, WhatHasNoDefaultMustStandThere) {
  EXPECT_EQ(
      parse_config("[service]\nfront_user = \"root\"\n", "realm.toml", Users::looked_up).mistakes.size(), 3U);
}

}  // namespace
}  // namespace ferryman::realm
