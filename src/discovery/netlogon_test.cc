#include "discovery/netlogon.h"

#include <gtest/gtest.h>

#include <string>

namespace ferryman::discovery {
namespace {

using namespace std::string_literals;

std::string le(std::uint32_t value, std::size_t octets) {
  std::string text;
  for (std::size_t i = 0; i < octets; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string label(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

// A structure as AD writes it: names compressed against those before.
std::string blob(std::uint32_t flags,
                 const std::string& next_site =
                     "\x05"
                     "Hub-1\0"s,
                 std::uint32_t version = 0x15) {
  std::string text = le(23, 2) + le(0, 2) + le(flags, 4) + std::string(16, 'G');
  const std::size_t forest = text.size();
  text += label("ad") + label("test") + '\0';                  // forest
  text += "\xc0"s + static_cast<char>(forest);                 // domain: the same
  text += label("dc1") + "\xc0"s + static_cast<char>(forest);  // host
  text += label("AD") + '\0' + label("DC1") + '\0' + '\0';     // NetBIOS names, no user
  const std::size_t site = text.size();
  text += label("Branch") + '\0' + "\xc0"s + static_cast<char>(site);  // the DC's site is the client's
  return text + next_site + le(version, 4) + le(0xffff, 2) + le(0xffff, 2);
}

std::string tlv(char tag, const std::string& content, bool long_form = false) {
  if (long_form || content.size() > 0x7f) {
    return tag + "\x84"s + '\0' + '\0' + static_cast<char>(content.size() >> 8) +
           static_cast<char>(content.size()) + content;
  }
  return tag + std::string(1, static_cast<char>(content.size())) + content;
}

std::string entry(const std::string& value, bool long_form = true) {
  const std::string attribute =
      tlv('\x30', tlv('\x04', "netlogon") + tlv('\x31', tlv('\x04', value), long_form), long_form);
  return tlv(
      '\x30',
      tlv('\x02', "\x01") + tlv('\x64', tlv('\x04', "") + tlv('\x30', attribute, long_form), long_form),
      long_form);
}

auto read(const std::string& datagram, std::uint32_t id = 1) {
  return read_netlogon_reply(as_bytes(datagram), id);
}

TEST(NetlogonReply, TellsWhatADomainControllerIs) {
  for (const bool long_form : {false, true}) {
    const auto reply = read(entry(blob(ds_flag::kdc | ds_flag::writable | ds_flag::ds_8), long_form));
    ASSERT_TRUE(reply && *reply);
    EXPECT_TRUE((*reply)->has(ds_flag::kdc | ds_flag::ds_8));
    EXPECT_FALSE((*reply)->has(ds_flag::kdc | ds_flag::pdc));
    EXPECT_EQ((*reply)->dns_forest, "ad.test");
    EXPECT_EQ((*reply)->dns_domain, "ad.test");
    EXPECT_EQ((*reply)->dns_host, "dc1.ad.test");
    EXPECT_EQ((*reply)->netbios_domain + " " + (*reply)->netbios_host + " " + (*reply)->user, "AD DC1 ");
    EXPECT_EQ((*reply)->dc_site + " " + (*reply)->client_site + " " + (*reply)->next_closest_site,
              "Branch Branch Hub-1");
  }
}

TEST(NetlogonReply, WithoutANextClosestSite) {
  const auto reply = read(entry(blob(1, "", 0x05)));
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ((*reply)->next_closest_site, "");
}

TEST(NetlogonReply, ABareDoneIsANo) {
  const auto reply = read("\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"s);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(*reply);
}

TEST(NetlogonReply, AnotherQuestionsAnswerIsNone) {
  EXPECT_FALSE(read(entry(blob(1)), 2));
}

TEST(NetlogonReply, EveryShorterFormIsRefused) {
  const std::string whole = entry(blob(1));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read(whole.substr(0, size))) << size;
}

TEST(NetlogonReply, NamesThatLoopOrLieAreRefused) {
  const std::string head = le(23, 2) + le(0, 2) + le(0, 4) + std::string(16, 'G'), tail = le(5, 4) + le(0, 4);
  for (const std::string& name : {"\xc0\x18"s, "\xc0\xff"s,
                                  "\x3f"
                                  "abc"s,
                                  "\x80"
                                  "abc"s,
                                  "\x03"
                                  "a\nb\0"s}) {
    EXPECT_FALSE(read(entry(head + name + std::string(8, '\0') + tail))) << name;
  }
}

TEST(NetlogonRequest, AsksForTheDomain) {
  const auto request = netlogon_request(1, "ad.test");
  const std::string text(request.begin(), request.end());
  EXPECT_NE(text.find("\xa3\x14\x04\x09"
                      "DnsDomain\x04\x07"
                      "ad.test"),
            std::string::npos);
  EXPECT_NE(text.find("\xa3\x0d\x04\x05NtVer\x04\x04\x16\0\0\0"s), std::string::npos);
  EXPECT_TRUE(netlogon_request(1, std::string(1000, 'a')).empty());
}

}  // namespace
}  // namespace ferryman::discovery
