#include "ferrymand/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ferrymand/config_reader.h"

namespace ferryman {
namespace {

// Plain HTTP on loopback needs no certificate.
constexpr const char* listener = "[[listen]]\naddress = \"127.0.0.1:8080\"\ntls = false\n";

LoadedConfig load(const std::string& text) {
  const auto file = std::filesystem::temp_directory_path() / ("config_test_" + std::to_string(::getpid()));
  std::ofstream(file) << text;
  LoadedConfig loaded = load_config(file);
  std::filesystem::remove(file);
  return loaded;
}

TEST(Config, HasTheDocumentedDefaults) {
  const auto loaded = load(std::string(listener) + "[realms.\"Example.COM\"]\nkdc = \"10.0.0.1\"\n");
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes.front().to_string();
  const Config& config = loaded.config;
  EXPECT_EQ(config.fixed.listen[0].paths, (std::vector<std::string>{"/KdcProxy", "/kkdcp"}));
  EXPECT_EQ(config.http.max_body, 131072U);
  const gateway::Realm& realm = config.realms[0];
  EXPECT_EQ(realm.deadline, std::chrono::seconds(8));
  EXPECT_FALSE(realm.rules.allow_unarmored_password);
  EXPECT_EQ(realm.source->discovery, locate::Discovery::static_list);
  EXPECT_EQ(realm.source->dns_domain, "example.com");
}

TEST(Config, WithoutKdcsARealmIsLookedUpInDns) {
  const auto loaded = load(std::string(listener) + "[realms.\"EXAMPLE.COM\"]\n");
  ASSERT_TRUE(loaded.mistakes.empty());
  EXPECT_EQ(loaded.config.realms[0].source->discovery, locate::Discovery::dns);
}

TEST(Config, PolicyIsEveryRealmsUnlessItSaysOtherwise) {
  const auto loaded =
      load(std::string(listener) +
           "[policy]\nallow_unarmored_password = true\nallow = [\"as-req\"]\non_malformed = \"drop\"\n"
           "[realms.A]\nkdc = \"10.0.0.1\"\n"
           "[realms.B]\nkdc = \"10.0.0.1\"\nallow_unarmored_password = false\nallow = [\"kpasswd\"]\n");
  ASSERT_TRUE(loaded.mistakes.empty());
  EXPECT_TRUE(loaded.config.drop_malformed);
  const auto& a = loaded.config.realms[0].rules;
  const auto& b = loaded.config.realms[1].rules;
  EXPECT_TRUE(a.allow_unarmored_password && a.as_req && !a.tgs_req && !a.kpasswd);
  EXPECT_TRUE(!b.allow_unarmored_password && !b.as_req && !b.tgs_req && b.kpasswd);
}

TEST(ParseListenAddress, TakesAddressesWithPortsAndSocketPaths) {
  EXPECT_EQ(parse_listen_address("[::]:443"), (net::ListenAddress{"::", 443, {}}));
  EXPECT_EQ(parse_listen_address("*:443"), (net::ListenAddress{"::", 443, {}}));
  EXPECT_EQ(parse_listen_address("127.0.0.1:1"), (net::ListenAddress{"127.0.0.1", 1, {}}));
  EXPECT_EQ(parse_listen_address("unix:/run/x"), (net::ListenAddress{"", 0, "/run/x"}));
  for (const auto* text : {"", "443", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:1x",
                           "::1:443", "[127.0.0.1]:1", "host:443", "unix:run/x"}) {
    EXPECT_EQ(parse_listen_address(text), std::nullopt) << text;
  }
}

TEST(ParseSize, TakesNumbersAndBinaryUnits) {
  EXPECT_EQ(parse_size("128KiB"), 131072U);
  EXPECT_EQ(parse_size("1MiB"), 1048576U);
  EXPECT_EQ(parse_size("7"), 7U);
  for (const auto* text : {"", "KiB", "1KB", "-1", "99999999999999999999"})
    EXPECT_EQ(parse_size(text), std::nullopt);
}

TEST(ParseDuration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("8s"), std::chrono::seconds(8));
  EXPECT_EQ(parse_duration("500ms"), std::chrono::milliseconds(500));
  EXPECT_EQ(parse_duration("2h"), std::chrono::hours(2));
  for (const auto* text : {"", "8", "s", "8 s", "-1s", "1d"}) EXPECT_EQ(parse_duration(text), std::nullopt);
}

}  // namespace
}  // namespace ferryman
