#include "decode/http_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferryman::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum Type : char { data = 0, headers = 1, reset = 3, settings = 4 };
enum Flag : char { none = 0, end_stream = 1, padded = 8 };

std::string frame(Type type, char flags, char stream, const std::string& payload) {
  std::string out{0, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size()), type, flags};
  out += std::string{0, 0, 0, stream};
  return out + payload;
}

struct Reading {
  std::vector<std::string> messages;
  bool readable = true;
};

Reading read(const std::string& text) {
  TcpStream stream;
  HttpReader reader;
  Reading reading;
  stream.append(as_bytes(text));
  reading.readable = reader.take(
      stream, [&](Bytes message, const std::string&) { reading.messages.emplace_back(as_text(message)); });
  return reading;
}

TEST(HttpReader, HasTheContentOfStreamsThatAreMixed) {
  const Reading found =
      read(preface + frame(settings, none, 0, "") + frame(headers, none, 1, "fields") +
           frame(data, none, 1, "0a") + frame(data, none, 3, "0c") + frame(data, end_stream, 1, "b") +
           frame(data, none, 3, "d") + frame(headers, end_stream, 3, "trailers"));
  EXPECT_THAT(found.messages, ElementsAre("0ab", "0cd"));
  EXPECT_TRUE(found.readable);
}

TEST(HttpReader, KnowsAServerByItsSettings) {
  EXPECT_THAT(read(frame(settings, none, 0, "123456") + frame(data, end_stream, 1, "0a")).messages,
              ElementsAre("0a"));
}

TEST(HttpReader, GoesOverFromHttp1) {
  EXPECT_THAT(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + frame(settings, none, 0, "") +
                   frame(data, end_stream, 1, "0a"))
                  .messages,
              ElementsAre("0a"));
}

TEST(HttpReader, LeavesPaddingOut) {
  const std::string start = frame(settings, none, 0, "");
  EXPECT_THAT(read(start + frame(data, padded, 1, std::string("\2") + "0a..") +
                   frame(data, end_stream | padded, 1, std::string("\3") + "..."))
                  .messages,
              ElementsAre("0a"));
  EXPECT_FALSE(read(start + frame(data, padded, 1, "\x02.")).readable);
  EXPECT_FALSE(read(start + frame(data, padded, 1, "")).readable);
}

TEST(HttpReader, ForgetsAStreamThatWasReset) {
  EXPECT_THAT(read(preface + frame(data, none, 1, "0a") + frame(reset, none, 1, "code") +
                   frame(data, end_stream, 1, ""))
                  .messages,
              IsEmpty());
}

TEST(HttpReader, LeavesOutWhatIsNoMessage) {
  EXPECT_THAT(read(preface + frame(data, end_stream, 1, "{}") + frame(data, end_stream, 3, "")).messages,
              IsEmpty());
}

TEST(HttpReader, GivesUpOnTooManyStreamsAndTooLongFrames) {
  std::string text = preface;
  for (std::size_t i = 0; i <= Http2Reader::max_streams; ++i) {
    std::string one = frame(data, none, 0, "0");
    one[7] = static_cast<char>(i >> 8);
    one[8] = static_cast<char>(i);
    text += one;
  }
  EXPECT_FALSE(read(text).readable);
  EXPECT_FALSE(read(preface + std::string("\xff\xff\xff\0\0\0\0\0\1", 9)).readable);
}

TEST(HttpReader, DropsWhatIsTooLongForAMessage) {
  std::string text = preface;
  for (std::size_t i = 0; i <= max_message / 16384; ++i)
    text += frame(data, none, 1, std::string(16384, '0'));
  text += frame(data, end_stream, 1, "") + frame(data, end_stream, 3, "0a");
  EXPECT_THAT(read(text).messages, ElementsAre("0a"));
}

TEST(HttpReader, WaitsForTheRest) {
  TcpStream stream;
  HttpReader reader;
  std::vector<std::string> messages;
  const std::string text = preface + frame(data, end_stream, 1, "0a");
  for (const char c : text) {
    EXPECT_TRUE(messages.empty());
    stream.append(as_bytes({&c, 1}));
    EXPECT_TRUE(reader.take(
        stream, [&](Bytes message, const std::string&) { messages.emplace_back(as_text(message)); }));
  }
  EXPECT_THAT(messages, ElementsAre("0a"));
  EXPECT_TRUE(reader.is_http2());
}

}  // namespace
}  // namespace ferryman::decode
