#include "client/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ferryman::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Options::Rule rule(std::string pattern, std::string url) {
  Options::Rule made;
  made.pattern = std::move(pattern);
  made.urls = {std::move(url)};
  return made;
}

TEST(Directory, ExactNamesComeBeforeSuffixesBeforeTheStar) {
  const std::vector<Options::Rule> rules{rule("*", "star"), rule(".EXAMPLE.COM", "suffix"),
                                         rule(".b.example.com", "longer"), rule("A.EXAMPLE.COM", "exact")};
  const auto url = [&](std::string_view realm) { return Directory::find_rule(rules, realm)->urls.front(); };
  EXPECT_EQ(url("a.example.com"), "exact");
  EXPECT_EQ(url("C.example.com"), "suffix");
  EXPECT_EQ(url("X.B.EXAMPLE.COM"), "longer");
  EXPECT_EQ(url("EXAMPLE.COM"), "star");
  EXPECT_EQ(url("MYEXAMPLE.COM"), "star");
  EXPECT_EQ(Directory::find_rule({rule(".example.com", "suffix")}, "EXAMPLE.COM"), nullptr);
}

Gateways found(const Options& options, const std::string& realm, Service service) {
  Loop loop;
  Directory directory(loop, options);
  Gateways result;
  const auto search = directory.find(realm, service, [&](const Gateways& gateways) { result = gateways; });
  return result;
}

TEST(Directory, TakesHttpsEntriesOfKrb5Conf) {
  const auto file = std::filesystem::temp_directory_path() / ("directory_test_" + std::to_string(::getpid()));
  std::ofstream(file) << "[realms]\nA.TEST = {\n kdc = 10.0.0.1\n kdc = https://gw.test/KdcProxy\n"
                         " kpasswd_server = https://pw.test/KdcProxy\n}\n";
  Options options;
  options.krb5_conf = file;
  options.dns = false;
  EXPECT_THAT(found(options, "A.TEST", Service::kdc).urls, ElementsAre("https://gw.test/KdcProxy"));
  EXPECT_THAT(found(options, "A.TEST", Service::kpasswd).urls,
              ElementsAre("https://pw.test/KdcProxy", "https://gw.test/KdcProxy"));
  EXPECT_THAT(found(options, "B.TEST", Service::kdc).urls, IsEmpty());
  options.gateways = {rule("A.TEST", "https://rule.test/KdcProxy")};
  EXPECT_THAT(found(options, "A.TEST", Service::kdc).urls, ElementsAre("https://rule.test/KdcProxy"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace ferryman::client
