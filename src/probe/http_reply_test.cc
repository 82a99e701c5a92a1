#include "probe/http_reply.h"

#include <gtest/gtest.h>

namespace ferryman::probe {
namespace {

using State = HttpReply::State;
using Framing = HttpReply::Framing;

HttpReply read(std::string_view text, std::size_t piece = 0) {
  HttpReply reply;
  while (!text.empty()) {
    const std::size_t size = piece == 0 ? text.size() : std::min(piece, text.size());
    reply.feed(as_bytes(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return reply;
}

TEST(HttpReply, ABodyOfKnownLength) {
  for (const std::size_t piece : {0, 1, 7}) {
    const HttpReply reply = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: \t y \r\n\r\nhello", piece);
    ASSERT_EQ(reply.state(), State::complete);
    EXPECT_EQ(reply.status(), 200U);
    EXPECT_EQ(reply.framing(), Framing::length);
    EXPECT_EQ(as_text(reply.body()), "hello");
    EXPECT_EQ(reply.header("x"), "y");
    EXPECT_EQ(reply.header("absent"), "");
    EXPECT_TRUE(reply.keep_alive());
    EXPECT_EQ(reply.surplus(), 0U);
  }
}

TEST(HttpReply, Chunks) {
  for (const std::size_t piece : {0, 1, 3}) {
    const HttpReply reply = read(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n",
        piece);
    ASSERT_EQ(reply.state(), State::complete);
    EXPECT_EQ(reply.framing(), Framing::chunked);
    EXPECT_EQ(as_text(reply.body()), "hello");
  }
}

TEST(HttpReply, ABodyUpToTheEnd) {
  HttpReply reply = read("HTTP/1.0 503 no\n\nsorry");
  EXPECT_EQ(reply.state(), State::incomplete);
  reply.end();
  ASSERT_EQ(reply.state(), State::complete);
  EXPECT_EQ(reply.status(), 503U);
  EXPECT_TRUE(reply.http10());
  EXPECT_FALSE(reply.keep_alive());
  EXPECT_EQ(as_text(reply.body()), "sorry");
}

TEST(HttpReply, RemembersInterimAnswers) {
  const HttpReply reply = read(
      "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No\r\nConnection: Close\r\n\r\nmore");
  ASSERT_EQ(reply.state(), State::complete);
  EXPECT_EQ(reply.interim(), std::vector<unsigned>{100});
  EXPECT_EQ(reply.status(), 204U);
  EXPECT_FALSE(reply.keep_alive());
  EXPECT_EQ(reply.surplus(), 4U);
}

TEST(HttpReply, WhatIsCutShortStaysIncomplete) {
  for (const char* text : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    HttpReply reply = read(text);
    reply.end();
    EXPECT_EQ(reply.state(), State::incomplete) << text;
  }
}

TEST(HttpReply, SaysWhatIsMalformed) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"SSH-2.0-x\n", "no HTTP answer"},
      {"HTTP/2 200 OK\n", "another version than HTTP/1"},
      {"HTTP/1.1 abc\n", "no status in the first line"},
      {"HTTP/1.1 200 OK\nno colon\n", "a header field without its name"},
      {"HTTP/1.1 200 OK\nContent-Length: -1\n\n", "a Content-Length that is no number"},
      {"HTTP/1.1 200 OK\nContent-Length: 1048577\n\n", "a body over 1 MiB"},
      {"HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n\n", "a transfer coding other than chunked"},
      {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nx\n", "a chunk without its size"},
      {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1\nab\n", "a chunk that is longer than it says"},
      {"HTTP/1.1 200 OK\n\n" + std::string((1 << 20) + 1, 'x'), "a body over 1 MiB"},
      {"HTTP/1.1 200 OK\nX: " + std::string(70000, 'x'), "a head over 64 KiB"}};
  for (const auto& [text, fault] : cases) {
    const HttpReply reply = read(text);
    EXPECT_EQ(reply.state(), State::malformed) << text.substr(0, 40);
    EXPECT_EQ(reply.fault(), fault);
  }
}

TEST(HttpReply, InterimAnswersHaveAnEnd) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read(text).fault(), "too many interim answers");
}

}  // namespace
}  // namespace ferryman::probe
