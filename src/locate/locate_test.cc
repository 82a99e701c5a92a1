#include <gtest/gtest.h>

#include <map>

#include "locate/address_rules.h"
#include "locate/candidate.h"
#include "locate/dns_records.h"
#include "locate/entry.h"
#include "locate/krb5_conf.h"

namespace ferryman::locate {
namespace {

TEST(ParseEntry, TakesHostsPortsAndTransports) {
  const auto check = [](const char* text, const char* host, std::uint16_t port, Transport transport) {
    const auto entry = parse_entry(text);
    ASSERT_TRUE(entry) << text;
    EXPECT_EQ(entry->host, host);
    EXPECT_EQ(entry->port, port);
    EXPECT_EQ(entry->transport, transport);
  };
  check("10.0.0.1", "10.0.0.1", 0, Transport::any);
  check("tcp://dc1.example.com:88", "dc1.example.com", 88, Transport::tcp);
  check("udp://[::1]:8800", "::1", 8800, Transport::udp);
  check("2001:db8::1", "2001:db8::1", 0, Transport::any);
  for (const auto* text :
       {"", "https://proxy", "host:0", "host:70000", "[::1", "[::1]88", "ho st", "tcp://"}) {
    EXPECT_FALSE(parse_entry(text)) << text;
  }
  EXPECT_EQ(parse_krb5_entry("udp/kdc.example.com:88")->transport, Transport::udp);
}

TEST(AddressRules, RefuseWhatOnlyThisHostCanReach) {
  const AddressRules rules({}, {});
  const auto allows = [&](const char* address, std::uint16_t port = 88) {
    return rules.allows(boost::asio::ip::make_address(address), port);
  };
  for (const auto* address : {"10.0.0.1", "192.168.1.1", "203.0.113.5", "2001:db8::1", "fd00::1"}) {
    EXPECT_TRUE(allows(address)) << address;
    EXPECT_TRUE(allows(address, 464)) << address;
    EXPECT_FALSE(allows(address, 22)) << address;
    EXPECT_FALSE(allows(address, 6379)) << address;
  }
  for (const auto* address :
       {"127.0.0.1", "127.255.0.1", "169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255",
        "240.0.0.1", "::", "::1", "fe80::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    EXPECT_FALSE(allows(address)) << address;
  }
}

TEST(AddressRules, AllowWhatTheRealmNames) {
  const AddressRules rules({"127.0.0.0/8", "fe80::/10"}, {8800});
  EXPECT_TRUE(rules.allows(boost::asio::ip::make_address("127.9.9.9"), 8800));
  EXPECT_TRUE(rules.allows(boost::asio::ip::make_address("fe80::1"), 88));
  EXPECT_FALSE(rules.allows(boost::asio::ip::make_address("169.254.0.1"), 88));
  EXPECT_FALSE(net::Network::parse("127.0.0.0/33"));
  EXPECT_FALSE(net::Network::parse("nonsense"));
}

TEST(InOrder, FollowsPriorityThenWeight) {
  std::minstd_rand random(1);
  const auto candidate = [](const char* name, std::uint16_t priority, std::uint16_t weight) {
    Candidate c;
    c.kdc.name = name;
    c.priority = priority;
    c.kdc.weight = weight;
    return c;
  };
  const std::vector<Candidate> candidates{candidate("late", 10, 100), candidate("often", 0, 90),
                                          candidate("seldom", 0, 10), candidate("never", 0, 0)};
  std::map<std::string, int> first;
  for (int i = 0; i < 10000; ++i) {
    auto ordered = candidates;
    put_in_order(ordered, random);
    ASSERT_EQ(ordered.size(), 4U);
    EXPECT_EQ(ordered[3].kdc.name, "late");
    ++first[ordered[0].kdc.name];
  }
  EXPECT_NEAR(first["often"], 9000, 300);
  EXPECT_LT(first["never"], 20);
}

TEST(Krb5Conf, ReadsARealmAndLeavesTheRest) {
  std::vector<std::string> includes;
  const auto conf = read_krb5_conf(
      "include /a/b\nincludedir /c\n# comment\n[libdefaults]\n dns_lookup_kdc = no\n[realms]\n OTHER = {\n  "
      "kdc = x\n }\n"
      " R = {\n  kdc = one:88\n  kdc = \"https://proxy/KdcProxy\"\n  auth_to_local_names = {\n   kdc = no\n  "
      "}\n"
      "  kpasswd_server = two\n }\n[domain_realm]\n kdc = x\n",
      "R", includes);
  ASSERT_TRUE(conf.realm);
  EXPECT_EQ(conf.realm->kdc, (std::vector<std::string>{"one:88", "https://proxy/KdcProxy"}));
  EXPECT_EQ(conf.realm->kpasswd_server, std::vector<std::string>{"two"});
  EXPECT_FALSE(conf.dns_lookup_kdc);
  EXPECT_EQ(includes, (std::vector<std::string>{"/a/b", "/c/"}));
}

TEST(DnsRecords, TakesTheAddressesThatAnSrvAnswerBringsAlong) {
  std::vector<std::uint8_t> message{0, 1, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 3};
  const auto add = [&](std::uint8_t type, std::vector<std::uint8_t> data) {
    message.insert(message.end(), {1, 'k', 0, 0, type, 0, 1, 0, 0, 0, 60, 0});
    message.push_back(static_cast<std::uint8_t>(data.size()));
    message.insert(message.end(), data.begin(), data.end());
  };
  add(1, {10, 0, 0, 1});
  add(28, std::vector<std::uint8_t>(16, 0xfd));
  add(1, {10, 0, 0});  // no address
  const DnsRecords records = read_dns_records(message);
  EXPECT_FALSE(records.malformed);
  ASSERT_EQ(records.addresses.size(), 2U);
  EXPECT_EQ(records.addresses[0].name, "k");
  EXPECT_EQ(records.addresses[0].address.to_string(), "10.0.0.1");
  EXPECT_EQ(records.addresses[0].ttl_seconds, 60U);
  EXPECT_TRUE(records.addresses[1].address.is_v6());
}

TEST(DnsRecords, KeepsABoundedNumberAndTheLeastTtl) {
  std::vector<std::uint8_t> message{0, 1, 0x81, 0x80, 0, 0, 0, 200, 0, 0, 0, 0};
  for (int i = 0; i < 200; ++i) {
    const std::vector<std::uint8_t> record{
        0, 0, 33, 0, 1, 0, 0, 0, static_cast<std::uint8_t>(200 - i), 0, 10, 0, 1, 0, 2, 0, 88, 1, 'k', 0};
    message.insert(message.end(), record.begin(), record.end());
    message[message.size() - 10] = 0;
  }
  // RDLENGTH is 6 + 3 octets.
  for (std::size_t at = 12; at + 20 <= message.size(); at += 20) {
    message[at + 9] = 0;
    message[at + 10] = 9;
    message[at + 11] = 0;
    message[at + 12] = 1;
  }
  const auto records = read_dns_records(message);
  EXPECT_FALSE(records.malformed);
  ASSERT_EQ(records.srv.size(), max_records);
  EXPECT_EQ(records.srv[0].target, "k");
  EXPECT_EQ(records.srv[0].port, 88);
}

TEST(DnsRecords, EveryShorterFormIsMalformedOrSmaller) {
  const std::vector<std::uint8_t> message{0, 1, 0x81, 0x80, 0,  0, 0, 1, 0, 0, 0, 0, 0,  0, 33,  0,
                                          1, 0, 0,    0,    60, 0, 9, 0, 1, 0, 2, 0, 88, 1, 'k', 0};
  EXPECT_EQ(read_dns_records(message).srv.size(), 1U);
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_TRUE(read_dns_records(Bytes(message).first(size)).malformed) << size;
  }
}

}  // namespace
}  // namespace ferryman::locate
