#include "settings/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

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

// "[section] key" to what is shown of it.
std::map<std::string, std::string> values(const std::string& text) {
  std::map<std::string, std::string> found;
  std::istringstream lines(text);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" = ");
    if (line.starts_with('[')) section = line;
    if (equals != std::string::npos) found[section + " " + line.substr(0, equals)] = line.substr(equals + 3);
  }
  return found;
}

// Every key, and none at its default.
constexpr const char* everything = R"([[listen]]
address = "127.0.0.1:8080"
protocol = "http"
paths = ["/kerberos", "/other"]
health_path = "/alive"
tls = false
allow_plain_http = true
proxy_protocol = true
trusted_proxies = ["192.0.2.0/24", "2001:db8::/32"]
trace_headers = true
client_address = "connection"

[tls]
certificate = ["/nowhere/chain.pem"]
private_key = ["/nowhere/key.pem"]
ocsp_response = ["/nowhere/ocsp.der"]
client_ca = "/nowhere/ca.pem"
key_log = "/nowhere/keys"
minimum_version = "1.3"
client_certificates = "required"

[policy]
allow = ["as-req", "kpasswd"]
allow_unarmored_password = true
principal_failures = 3
client_failures = 20
failure_window = "900s"
on_malformed = "drop"

[limits]
max_header = 4096
max_fields = 50
max_body = 65536
max_streams = 7
max_requests = 77
control_budget = 300
max_output = 131072
handshake_timeout = "1100ms"
header_timeout = "1200ms"
body_timeout = "1300ms"
idle_timeout = "1400ms"
write_timeout = "1500ms"
max_connections = 101
max_in_flight = 102
client_connections = 103
client_connections_per_second = 104
client_connections_burst = 105
client_requests_per_second = 106
client_requests_burst = 107
client_exempt = ["198.51.100.1/32"]
hedge_delay = "110ms"
connect_timeout = "120ms"
max_reply = 20000
max_udp_request = 1000
max_udp_reply = 1001
max_udp_answer = 1002
kdc_idle_connections = 9
kdc_idle_timeout = "130ms"
drain_timeout = "140ms"

[dns]
servers = ["127.0.0.1:5353"]

[log]
format = "json"
level = "debug"
destination = "file:/nowhere/log"

[process]
workers = 3
user = "root"

[admin]
http = "127.0.0.1:9464"
allow_plain_http = true
socket = "/run/ferryman/admin.sock"
socket_group = "root"

[realms."A.TEST"]
kdc = ["dc1.a.test", "dc2.a.test"]
kpasswd = ["dc3.a.test"]
dns_domain = "b.test"
site = "Branch"
krb5_conf = "/nowhere/krb5.conf"
aliases = ["example.test"]
dns_fallback = false
deadline = "3s"
dns_allow_networks = ["10.0.0.0/8"]
discovery = "ad"
dns_allow_ports = [8800, 8801]
allow = ["tgs-req"]
allow_unarmored_password = true
principal_failures = 4
client_failures = 21
failure_window = "901s"
)";

TEST(Config, EveryKeyIsShownAsItIsInForce) {
  const auto loaded = load(everything);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes.front().to_string();
  EXPECT_EQ(to_toml(loaded.config), everything);

  const auto least = load("[[listen]]\ntls = false\nallow_plain_http = true\n[realms.\"A.TEST\"]\n");
  ASSERT_TRUE(least.mistakes.empty()) << least.mistakes.front().to_string();
  const auto set = values(to_toml(loaded.config)), defaults = values(to_toml(least.config));
  EXPECT_EQ(set.size(), defaults.size());
  for (const auto& [key, value] : set) {
    if (key == "[[listen]] tls" || key == "[[listen]] allow_plain_http") continue;  // no certificate here
    if (key == "[[listen]] protocol") continue;        // the other has fewer keys
    if (key == "[[listen]] client_address") continue;  // excludes proxy_protocol
    EXPECT_NE(value, defaults.at(key)) << key;
  }
}

TEST(Config, AListenerOfKerberosHasNoKeysOfHttp) {
  const std::string realm = "[local]\nuser = \"root\"\n[realms.\"A.TEST\"]\ndiscovery = \"local\"\n";
  const auto loaded = load("[[listen]]\nprotocol = \"kerberos\"\n" + realm);
  ASSERT_TRUE(loaded.mistakes.empty()) << loaded.mistakes.front().to_string();
  const Listen& listen = loaded.config.fixed.listen.at(0);
  EXPECT_FALSE(listen.tls);
  EXPECT_EQ(listen.address, (net::ListenAddress{"::", 88, {}}));
  const std::string shown = to_toml(loaded.config);
  EXPECT_TRUE(shown.starts_with("[[listen]]\naddress = \"[::]:88\"\nprotocol = \"kerberos\"\n\n")) << shown;
  EXPECT_EQ(to_toml(load(shown).config), shown);
}

TEST(Config, AListenerAsksForCertificatesAsTlsSaysUnlessItSaysOtherwise) {
  const std::string rest =
      "[[listen]]\naddress = \"[::]:444\"\nclient_certificates = \"pass\"\n"
      "[[listen]]\naddress = \"[::]:445\"\nclient_certificates = \"off\"\n"
      "[local]\nuser = \"root\"\n[realms.A]\nkdc = \"10.0.0.1\"\n";
  const auto loaded =
      load("[tls]\nclient_certificates = \"required\"\n[[listen]]\naddress = \"[::]:443\"\n" + rest);
  const Config& config = loaded.config;
  using net::ClientCertificates;
  EXPECT_EQ(client_certificates(config.fixed.listen.at(0), config.tls), ClientCertificates::required);
  EXPECT_EQ(client_certificates(config.fixed.listen.at(1), config.tls), ClientCertificates::pass);
  EXPECT_EQ(client_certificates(config.fixed.listen.at(2), config.tls), ClientCertificates::off);
  const std::string shown = to_toml(config);
  EXPECT_EQ(to_toml(load(shown).config), shown);
  const auto first = shown.substr(0, shown.find("[[listen]]", 1));
  EXPECT_EQ(values(first).at("[[listen]] client_certificates"), "\"required\"");
}

TEST(Config, APolicyIsShownWhereItIsSetAndWhereItIsInForce) {
  const auto loaded =
      load(std::string(listener) +
           "[policy]\nprincipal_failures = 3\n"
           "[realms.A]\nkdc = \"10.0.0.1\"\n[realms.B]\nkdc = \"10.0.0.1\"\nprincipal_failures = 4\n");
  ASSERT_TRUE(loaded.mistakes.empty());
  const auto shown = values(to_toml(loaded.config));
  EXPECT_EQ(shown.at("[policy] principal_failures"), "3");
  EXPECT_EQ(shown.at("[realms.\"A\"] principal_failures"), "3");
  EXPECT_EQ(shown.at("[realms.\"B\"] principal_failures"), "4");
}

TEST(Config, WhoAClientIsIsSaidInOneWayByWhoIsTrusted) {
  const std::string realm = "[realms.A]\nkdc = \"10.0.0.1\"\n",
                    asks = "client_address = \"x-forwarded-for\"\n",
                    trusted = "trusted_proxies = \"127.0.0.1\"\n";
  const auto mistake = [&](const std::string& keys) {
    const auto loaded = load(listener + keys + realm);
    return loaded.mistakes.size() == 1 ? loaded.mistakes[0].text : std::to_string(loaded.mistakes.size());
  };
  EXPECT_EQ(mistake(asks + trusted), "0");
  EXPECT_NE(mistake(asks).find("there is none whose word is taken"), std::string::npos);
  EXPECT_NE(mistake(asks + trusted + "proxy_protocol = true\n").find("one of them goes"), std::string::npos);
  EXPECT_NE(mistake(trusted).find("has no meaning without"), std::string::npos);
  const auto loaded =
      load("[[listen]]\naddress = \"unix:/x\"\ntls = false\nclient_address = \"forwarded\"\n" + realm);
  ASSERT_TRUE(loaded.mistakes.empty());
  EXPECT_EQ(loaded.config.fixed.listen[0].client_address, net::ClientAddress::forwarded);
}

TEST(Config, AnAliasIsOneRealmsAlone) {
  const std::string a = std::string(listener) + "[realms.\"A.TEST\"]\nkdc = \"10.0.0.1\"\n";
  const std::pair<const char*, const char*> cases[] = {
      {"aliases = \"a.test\"\n", "alias \"a.test\" of [realms.\"A.TEST\"] stands in line 4 already"},
      {"aliases = [\"x.test\", \"X.TEST\"]\n", "alias \"X.TEST\" of [realms.\"A.TEST\"] stands in line 6"},
      {"aliases = \"x.test\"\n[realms.\"X.test\"]\nkdc = \"10.0.0.1\"\n", "the same as that of line 6"},
      {"aliases = \"*.x.test\"\n", "is no realm"},
      {"[realms.\"*.x.test\"]\naliases = \"y.test\"\n", "a name of its own"}};
  for (const auto& [text, mistake] : cases) {
    const auto loaded = load(a + text);
    ASSERT_EQ(loaded.mistakes.size(), 1U) << text;
    EXPECT_NE(loaded.mistakes[0].text.find(mistake), std::string::npos) << loaded.mistakes[0].text;
  }
  EXPECT_TRUE(load(a + "aliases = [\"x.test\", \"y.test\"]\n").mistakes.empty());
}

TEST(Config, AnAddressOfAnotherTypeIsOneMistake) {
  const auto loaded =
      load("[[listen]]\naddress = 88\ntls = false\n[realms.\"A.TEST\"]\nkdc = \"10.0.0.1\"\n");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].text, "address must be a string");
}

}  // namespace
}  // namespace ferryman
