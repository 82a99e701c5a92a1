#include "settings/kdcproxy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace ferryman {
namespace {

struct Converted {
  std::string mistakes;
  std::map<std::string, gateway::Realm> realms;
};

// Converts and loads, as --kdcproxy-config does.
Converted convert(const std::string& text, const std::vector<std::string>& krb5_realms = {}) {
  Converted result;
  Ini ini;
  const auto read = ini.read(text);
  EXPECT_TRUE(read) << read.error().text;
  const KdcproxyConfig config = convert_kdcproxy(ini, krb5_realms);
  for (const auto& mistake : config.mistakes) result.mistakes += mistake.to_string() + "\n";
  const LoadedConfig loaded =
      parse_config("[[listen]]\naddress = \"127.0.0.1:1\"\ntls = false\n" + config.toml, "made");
  for (const auto& realm : loaded.config.realms) result.realms.emplace(realm.name, realm);
  return result;
}

using locate::Discovery;
using Strings = std::vector<std::string>;

TEST(Kdcproxy, SeveralServersInALineKeepTheirOrderTransportAndPort) {
  const auto made = convert(
      "[A.TEST]\nkerberos = kerberos+tcp://one:1088 kerberos+udp://two\n  kerberos://[2001:db8::1] "
      "KERBEROS+TCP://one:1088\n"
      "kpasswd = kpasswd+tcp://three kpasswd://four:4640\n");
  EXPECT_EQ(made.mistakes, "");
  const auto& source = *made.realms.at("A.TEST").source;
  EXPECT_EQ(source.kdc, (Strings{"tcp://one:1088", "udp://two:88", "[2001:db8::1]:88"}));
  EXPECT_EQ(source.kpasswd, (Strings{"tcp://three:464", "four:4640"}));
  EXPECT_TRUE(made.realms.at("A.TEST").rules.allow_unarmored_password);
}

TEST(Kdcproxy, OwnServersGoBeforeLibkrb5BeforeDns) {
  const std::string text = "[global]\nconfigs = mit\n[A.TEST]\nkerberos = kerberos://a\n[B.TEST]\n";
  const auto made = convert(text, {"A.TEST", "C.TEST"});
  EXPECT_EQ(made.realms.at("A.TEST").source->kdc, Strings{"a:88"});
  EXPECT_EQ(made.realms.at("A.TEST").source->discovery, Discovery::krb5) << "for kpasswd";
  EXPECT_EQ(made.realms.at("B.TEST").source->discovery, Discovery::dns);
  EXPECT_EQ(made.realms.at("C.TEST").source->discovery, Discovery::krb5);
  EXPECT_EQ(convert("[A.TEST]\n", {"C.TEST"}).realms.count("C.TEST"), 0U) << "without configs = mit";
}

TEST(Kdcproxy, ParametersComeFromTheNearestSection) {
  const auto made = convert(
      "[global]\nuse_dns = no\nsilence_port_warn = yes\n[A.TEST]\nuse_dns = "
      "yes\n[SUB.B.TEST]\n[*B.TEST]\nuse_dns = on\n"
      "silence_port_warn = off\n[*C.SUB.B.TEST]\nuse_dns = 0\n[X.C.SUB.B.TEST]\n[D.TEST]\n");
  EXPECT_EQ(made.mistakes, "");
  EXPECT_TRUE(made.realms.at("A.TEST").source->dns_any_port);
  EXPECT_FALSE(made.realms.at("SUB.B.TEST").source->dns_any_port) << "the wildcard goes before [global]";
  EXPECT_EQ(made.realms.count("B.TEST") + made.realms.count("*.B.TEST"), 2U)
      << "a wildcard is the realm itself, too";
  EXPECT_EQ(made.realms.count("X.C.SUB.B.TEST"), 0U) << "the longest wildcard counts";
  EXPECT_EQ(made.realms.count("D.TEST"), 0U);
}

TEST(Kdcproxy, UndeclaredRealmsAreServedOnlyWhenAsked) {
  EXPECT_EQ(convert("[global]\nuse_dns = true\n[A.TEST]\n").realms.count("*"), 0U);
  EXPECT_EQ(convert("[global]\ndns_realm_discovery = true\n").realms.at("*").source->discovery,
            Discovery::dns);
  EXPECT_EQ(convert("[global]\ndns_realm_discovery = true\nuse_dns = false\n[A]\n").realms.count("*"), 0U);
}

TEST(Kdcproxy, SaysEachMistakeWithItsLine) {
  const auto made = convert(
      "[global]\nconfigs = other\nuse_dns = maybe\n[A]\nkerbros = x\nkerberos = http://a "
      "kerberos://a:b\n[*]\n");
  for (const char* expected : {":2: configs = \"other\" is not possible", ":3: use_dns must be true or false",
                               ":5: \"kerbros\" is no key of [A]", ":6: \"http://a\" in kerberos",
                               ":6: \"kerberos://a:b\" in kerberos", ":7: [*] is no wildcard"}) {
    EXPECT_NE(made.mistakes.find(expected), std::string::npos) << expected << " in\n" << made.mistakes;
  }
}

TEST(Kdcproxy, FilesAreThoseOfPythonKdcproxy) {
  ::setenv("KDCPROXY_CONFIG", "/named.conf", 1);
  EXPECT_EQ(kdcproxy_files("/given.conf"), Strings{"/given.conf"});
  EXPECT_EQ(kdcproxy_files(""), Strings{"/named.conf"});
  ::unsetenv("KDCPROXY_CONFIG");
  EXPECT_NE(kdcproxy_files("").back().find("/etc/kdcproxy.conf"), std::string::npos);
}

TEST(Kdcproxy, MistakesNameTheirFile) {
  const auto file = std::filesystem::temp_directory_path() / ("kdcproxy_test_" + std::to_string(::getpid()));
  std::ofstream(file) << "[A]\nnonsense\n";
  const auto loaded = load_kdcproxy_config({file}, "");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].to_string(), file.string() + ":2: \"key = value\" is expected");
  std::filesystem::remove(file);
  EXPECT_NE(load_kdcproxy_config({file}, "").mistakes.at(0).to_string().find("No such file"),
            std::string::npos);
}

}  // namespace
}  // namespace ferryman
