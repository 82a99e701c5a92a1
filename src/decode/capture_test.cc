#include "decode/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "decode/stream_messages.h"
#include "decode/tcp_stream.h"

namespace ferryman::decode {
namespace {

using Octets = std::vector<std::uint8_t>;
using ::testing::ElementsAre;

Octets file(const std::string& name) {
  std::ifstream stream(TESTDATA "/" + name, std::ios::binary);
  EXPECT_TRUE(stream) << name;
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Each message as "source>destination transport octets note".
std::vector<std::string> read(const Octets& capture) {
  std::vector<std::string> found;
  const auto result = read_capture(capture, {}, {}, [&](const CapturedMessage& message) {
    found.push_back(message.source.to_string() + ">" + message.destination.to_string() + " " +
                    std::string(message.transport) + " " + std::to_string(message.bytes.size()) + " " +
                    message.note);
  });
  EXPECT_TRUE(result) << result.error();
  return found;
}

TEST(Capture, HasDatagrams) {
  EXPECT_THAT(read(file("capture_fuzz/udp")),
              ElementsAre("192.0.2.1:50000>192.0.2.2:88 UDP 113 ", "192.0.2.1:88>192.0.2.2:50000 UDP 72 "));
  EXPECT_THAT(read(file("capture_fuzz/ipv6")), ElementsAre("[2001:db8::1]:50000>[2001:db8::2]:464 UDP 227 "));
}

TEST(Capture, PutsSegmentsInOrder) {
  EXPECT_THAT(read(file("capture_fuzz/tcp")), ElementsAre("192.0.2.1:88>192.0.2.2:50000 TCP 187 "));
}

TEST(Capture, TellsWhatIsMissing) {
  EXPECT_THAT(read(file("capture_fuzz/gap")),
              ElementsAre("192.0.2.1:88>192.0.2.2:50000 TCP 0 20 octets of the stream are missing",
                          "192.0.2.1:88>192.0.2.2:50000 TCP 187 "));
}

TEST(Capture, HasBodiesOfHttp) {
  EXPECT_THAT(read(file("capture_fuzz/http")), ElementsAre("192.0.2.1:50000>192.0.2.2:80 HTTP 128 ",
                                                           "192.0.2.1:80>192.0.2.2:50000 HTTP 128 "));
}

TEST(Capture, HasBodiesInTlsByTheKeysInIt) {
  for (const char* name : {"tls13", "tls13_retry", "tls13_aes128_updates", "tls12_chacha20"})
    EXPECT_THAT(
        read(file(std::string("capture_fuzz/") + name)),
        ElementsAre("192.0.2.1:50000>192.0.2.2:443 HTTPS 128 ", "192.0.2.2:443>192.0.2.1:50000 HTTPS 94 "))
        << name;
  EXPECT_THAT(read(file("capture_fuzz/tls13_http2")),
              ElementsAre("192.0.2.1:50000>192.0.2.2:443 HTTPS, HTTP/2 128 ",
                          "192.0.2.2:443>192.0.2.1:50000 HTTPS, HTTP/2 94 "));
}

TEST(Capture, TellsOnceWhyTlsIsNotRead) {
  EXPECT_THAT(read(file("capture_fuzz/tls12_cbc")),
              ElementsAre("192.0.2.1:50000>192.0.2.2:443 HTTPS 0 "
                          "the cipher suite 0xc023 of version 0x0303 is not supported"));
}

TEST(Capture, CountsTlsWithoutKeys) {
  int messages = 0;
  const Octets capture = file("capture_fuzz/tls13_without_keys");
  const auto count = [&](const CapturedMessage&) { ++messages; };
  auto result = read_capture(capture, {}, {}, count);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->closed_tls, 1U);
  EXPECT_EQ(messages, 0);
  TlsKeyLog keys;
  keys.add(file("tls_key_log_fuzz/tls13"));
  result = read_capture(capture, {}, std::move(keys), count);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->closed_tls, 0U);
  EXPECT_EQ(messages, 2);
}

TEST(Capture, ThatIsNoneIsRefused) {
  const auto ignore = [](const CapturedMessage&) {};
  EXPECT_EQ(read_capture({}, {}, {}, ignore).error(), "it is empty");
  EXPECT_EQ(read_capture(Octets(100, 'x'), {}, {}, ignore).error(), "unknown file format");
}

TEST(TcpStream, DropsWhatComesAgain) {
  TcpStream stream;
  EXPECT_TRUE(stream.add(0xfffffffe, true, {}));
  EXPECT_TRUE(stream.add(0xffffffff, false, as_bytes("abc")));
  EXPECT_TRUE(stream.add(0xffffffff, false, as_bytes("abcde")));
  EXPECT_TRUE(stream.add(6, false, as_bytes("hi")));
  EXPECT_EQ(as_text(stream.ready()), "abcde");
  EXPECT_EQ(stream.gap(), 2U);
  EXPECT_TRUE(stream.add(3, false, as_bytes("efgh")));
  EXPECT_EQ(as_text(stream.ready()), "abcdefghi");
  EXPECT_EQ(stream.gap(), 0U);
  stream.consume(8);
  EXPECT_EQ(as_text(stream.ready()), "i");
  EXPECT_FALSE(stream.add(TcpStream::window + 100, false, as_bytes("x")));
}

TEST(StreamMessages, RefuseALengthThatIsNone) {
  TcpStream stream;
  stream.add(0, false, as_bytes("GET / HTTP/1.1"));
  std::string told;
  EXPECT_FALSE(take_framed(stream, [&](Bytes, const std::string& note) { told = note; }));
  EXPECT_NE(told.find("is no Kerberos message's"), std::string::npos);
}

TEST(StreamMessages, WaitForTheRestOfABody) {
  TcpStream stream;
  int bodies = 0;
  const auto count = [&](Bytes, const std::string&) { ++bodies; };
  const std::string_view text =
      "POST / HTTP/1.1\r\nContent-Length: 3\r\ncontent-type: application/kerberos\r\n\r\nabc";
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(bodies, 0);
    stream.add(static_cast<std::uint32_t>(i), false, as_bytes(text.substr(i, 1)));
    EXPECT_EQ(take_http1(stream, count), i + 1 < text.size() ? Progress::more : Progress::done);
  }
  EXPECT_EQ(bodies, 1);
}

}  // namespace
}  // namespace ferryman::decode
