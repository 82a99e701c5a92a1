#include "ferrymand/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

}  // namespace
}  // namespace ferryman
