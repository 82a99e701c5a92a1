#include "trace/record.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "trace/exchange.h"
#include "trace/line.h"

namespace ferryman::trace {
namespace {

TEST(Record, IsReadFromALine) {
  const auto read =
      read_line(R"({"time":1700000000123456,"event":{"event":"exchange","id":"1-2f","tries":2},)"
                R"("request":"YWJj","kdc_reply":"eHl6","later":[1]})");
  ASSERT_TRUE(read);
  const auto& record = std::get<Record>(*read);
  EXPECT_EQ(record.time.count(), 1700000000123456);
  EXPECT_EQ(record.text("id"), "1-2f");
  EXPECT_EQ(record.number("tries"), 2);
  EXPECT_EQ(record.text("tries"), "");
  EXPECT_EQ(as_text(record.request), "abc");
  EXPECT_TRUE(record.reply.empty());
  EXPECT_EQ(as_text(record.kdc_reply), "xyz");
}

TEST(Record, SaysWhatWasLost) {
  const auto read = read_line(R"({"lost":17})");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Lost>(*read).records, 17U);
}

TEST(Record, IsNothingElse) {
  for (const char* line :
       {"", "{}", "[]", R"({"time":1})", R"({"time":-1,"event":{}})", R"({"time":1,"event":[]})",
        R"({"time":1,"event":{},"request":"*"})", R"({"time":1,"event":{},"request":7})"})
    EXPECT_FALSE(read_line(line)) << line;
}

Record record_of(std::string event) {
  return std::get<Record>(*read_line(R"({"time":1700000000123456,"event":)" + std::move(event) + "}"));
}

boost::asio::ip::address nowhere(const boost::asio::ip::address&) {
  return {};
}

TEST(Line, EscapesWhatComesFromElsewhere) {
  const std::string line =
      line_of(record_of(R"({"event":"\u001b[2J","client":"\u001b[2J","reason":"a\nb"})"));
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Line, TellsOfASignIn) {
  const std::string line = line_of(record_of(
      R"({"event":"sign_in","client":"192.0.2.1:5","tenant":"example","sign_in":"PRT-and-TGT","status":200,"total_us":2100})"));
  EXPECT_NE(line.find(" 192.0.2.1:5 sign-in at example PRT-and-TGT → sign_in HTTP 200 2.1 ms"),
            std::string::npos)
      << line;
}

TEST(Exchange, NeedsAKerberosMessage) {
  EXPECT_FALSE(exchange_of(record_of(R"({"event":"malformed","client":"192.0.2.1:5"})"), nowhere));
}

}  // namespace
}  // namespace ferryman::trace
