#include "net/proxy_header.h"

#include <gtest/gtest.h>

#include <string>

namespace ferryman::net {
namespace {

using State = ProxyHeader::State;
using namespace std::string_literals;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string version_2(char command, char family, const std::string& rest) {
  return signature + command + family + static_cast<char>(rest.size() >> 8) + static_cast<char>(rest.size()) +
         rest;
}

std::string source(const std::string& input) {
  const ProxyHeader header = read_proxy_header(as_bytes(input));
  if (header.state != State::complete) return header.state == State::malformed ? "malformed" : "incomplete";
  if (header.size > input.size()) return "too long";
  if (!header.source) return "none";
  return header.source->address().to_string() + " " + std::to_string(header.source->port());
}

const std::string v4_addresses = "\xc0\x00\x02\x01\xc0\x00\x02\x02\xc3\x50\x01\xbb"s;
const std::string v6_addresses =
    "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01" + std::string(16, '\0') + "\xc3\x50\x01\xbb";

TEST(ProxyHeader, ReadsVersion1) {
  EXPECT_EQ(source("PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\nGET"), "192.0.2.1 50000");
  EXPECT_EQ(source("PROXY TCP6 2001:db8::1 2001:db8::2 50000 443\r\n"), "2001:db8::1 50000");
  EXPECT_EQ(source("PROXY UNKNOWN\r\n"), "none");
  EXPECT_EQ(source("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), "none");
}

TEST(ProxyHeader, RefusesWhatIsNotQuiteVersion1) {
  for (const char* line : {"TCP4 192.0.2.1 192.0.2.2 50000", "TCP4 192.0.2.1 192.0.2.2 50000 443 ",
                           "TCP4 192.0.2.1 192.0.2.2 50000 70000", "TCP4 2001:db8::1 192.0.2.2 50000 443",
                           "TCP6 192.0.2.1 192.0.2.2 1 2", "TCP4  192.0.2.1 192.0.2.2 1 2",
                           "TCP4 192.0.2.1 192.0.2.2 050000 443", "TCP5 a b 1 2", "TCP4 x y 1 2", ""}) {
    EXPECT_EQ(source("PROXY "s + line + "\r\n"), "malformed") << line;
  }
  EXPECT_EQ(source("PROXY " + std::string(200, 'x')), "malformed");
  EXPECT_EQ(source("GET / HTTP/1.1\r\n"), "malformed");
  EXPECT_EQ(source("PROXX"), "malformed");
}

TEST(ProxyHeader, ReadsVersion2) {
  EXPECT_EQ(source(version_2('\x21', '\x11', v4_addresses) + "\x16\x03"), "192.0.2.1 50000");
  EXPECT_EQ(source(version_2('\x21', '\x21', v6_addresses)), "2001:db8::1 50000");
  EXPECT_EQ(source(version_2('\x21', '\x11', v4_addresses + "\x04\x00\x01x"s)), "192.0.2.1 50000");
  EXPECT_EQ(source(version_2('\x20', '\x00', "")), "none");
  EXPECT_EQ(source(version_2('\x21', '\x31', std::string(216, 'u'))), "none");
}

TEST(ProxyHeader, RefusesWhatIsNotQuiteVersion2) {
  EXPECT_EQ(source(version_2('\x11', '\x11', v4_addresses)), "malformed");
  EXPECT_EQ(source(version_2('\x22', '\x11', v4_addresses)), "malformed");
  EXPECT_EQ(source(version_2('\x21', '\x11', v4_addresses.substr(1))), "malformed");
  EXPECT_EQ(source(version_2('\x21', '\x21', v4_addresses)), "malformed");
  EXPECT_EQ(source(version_2('\x21', '\x11', std::string(max_proxy_header, 'x'))), "malformed");
}

TEST(ProxyHeader, EveryShorterFormIsIncomplete) {
  for (const std::string& whole :
       {"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n"s, version_2('\x21', '\x11', v4_addresses)}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(source(whole.substr(0, size)), "incomplete") << size;
  }
}

}  // namespace
}  // namespace ferryman::net
