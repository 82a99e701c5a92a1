#include "telemetry/record.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/src.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

namespace ferryman::telemetry {
namespace {

std::string line(Format format, std::string_view value) {
  Line out;
  Record record(format, out);
  record.begin();
  record.text("key", value);
  record.number("n", -1);
  record.flag("yes", true);
  record.end();
  return {out.data(), out.size()};
}

TEST(Record, QuotesWhatIsNotPlain) {
  EXPECT_EQ(line(Format::text, "EXAMPLE.COM"), "key=EXAMPLE.COM n=-1 yes=true\n");
  EXPECT_EQ(line(Format::text, "a b"), "key=\"a b\" n=-1 yes=true\n");
  EXPECT_EQ(line(Format::text, ""), "key=\"\" n=-1 yes=true\n");
  EXPECT_EQ(line(Format::json, "a"), "{\"key\":\"a\",\"n\":-1,\"yes\":true}\n");
}

TEST(Record, NoValueEndsItsFieldOrItsLine) {
  using namespace std::string_view_literals;
  EXPECT_EQ(line(Format::text, "x\" level=error\nnew\\\0\x7f\x80"sv),
            "key=\"x\\\" level=error\\x0anew\\\\\\x00\\x7f\\x80\" n=-1 yes=true\n");
  EXPECT_EQ(line(Format::text, "gr\xc3\xbc\xc3\x9f"), "key=\"gr\xc3\xbc\xc3\x9f\" n=-1 yes=true\n");
}

TEST(Record, EscapesWhatTurnsTheDirectionOfWritingOrBreaksLines) {
  const std::string hostile =
      "a\xe2\x80\xae"
      "moc\xe2\x81\xa6\xe2\x80\xa8\xe2\x80\x8f\xc2\x9b";
  EXPECT_EQ(line(Format::text, hostile), "key=\"a\\u202emoc\\u2066\\u2028\\u200f\\x9b\" n=-1 yes=true\n");
  EXPECT_EQ(line(Format::json, hostile),
            "{\"key\":\"a\\u202emoc\\u2066\\u2028\\u200f\\u009b\",\"n\":-1,\"yes\":true}\n");
  for (const Format format : {Format::text, Format::json}) {
    for (const char* harmless : {"gr\xc3\xbc\xc3\x9f", "\xe4\xba\xac", "\xf0\x9f\x9a\xa2"})
      EXPECT_NE(line(format, harmless).find(harmless), std::string::npos) << harmless;
  }
}

TEST(Record, JsonIsValidForAnyOctets) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string value{static_cast<char>(first), static_cast<char>(second), '\xbf'};
      const std::string text = line(Format::json, value);
      boost::system::error_code error;
      boost::json::parse(std::string_view(text).substr(0, text.size() - 1), error);
      EXPECT_FALSE(error) << text;
      EXPECT_EQ(text.find('\n'), text.size() - 1);
    }
  }
}

// Wherever an octet stands in it, also where a value is looked at eight octets at a time.
TEST(Record, EscapesOneOctetAnywhere) {
  for (const char octet : {'"', '\\', '\n', '\x1f', '\x7f', '\x80', '\xff', '\0'}) {
    for (std::size_t size = 1; size <= 40; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string value(size, '~');
        value[at] = octet;
        const std::string text = line(Format::json, value);
        boost::system::error_code error;
        const auto parsed = boost::json::parse(std::string_view(text).substr(0, text.size() - 1), error);
        ASSERT_FALSE(error) << text;
        const std::string_view read = parsed.at("key").as_string();
        EXPECT_TRUE(read.starts_with(value.substr(0, at))) << text;
        EXPECT_TRUE(read.ends_with(value.substr(at + 1))) << text;
        EXPECT_EQ(text.find('\n'), text.size() - 1);
      }
    }
  }
}

TEST(Record, GrowsWithItsValues) {
  for (const Format format : {Format::text, Format::json}) {
    for (std::size_t size = 0; size < 1500; size += 7) {
      const std::string plain = line(format, std::string(size, 'x'));
      EXPECT_NE(plain.find(std::string(size, 'x')), std::string::npos);
      const std::string text = line(format, std::string(size, '\x01'));
      const std::size_t escape = format == Format::json ? 6 : 4;
      EXPECT_EQ(text.size(), line(format, "").size() + size * escape);
    }
  }
}

TEST(Record, WritesNumbers) {
  Line out;
  Record record(Format::json, out);
  record.begin();
  record.number("least", std::numeric_limits<std::int64_t>::min());
  record.number("most", std::numeric_limits<std::int64_t>::max());
  record.hex("hint", 0x40000010);
  record.word("word", "TLSv1.3");
  record.end();
  EXPECT_EQ(fmt::to_string(out),
            "{\"least\":-9223372036854775808,\"most\":9223372036854775807,\"hint\":\"0x40000010\","
            "\"word\":\"TLSv1.3\"}\n");
}

TEST(Record, NamesFieldsAsEcsDoes) {
  EXPECT_EQ(line(Format::ecs, "a"), "{\"ferryman.key\":\"a\",\"ferryman.n\":-1,\"ferryman.yes\":true}\n");
  Line out;
  Record record(Format::ecs, out);
  record.begin();
  record.number("status", 200);
  record.text({"cname", "user.name"}, "alice");
  record.text(Key(std::string_view("client")), "a");
  record.text(Key(std::string_view("a_name_that_is_longer_than_fits")), "b");
  record.end();
  EXPECT_EQ(fmt::to_string(out),
            "{\"http.response.status_code\":200,\"user.name\":\"alice\",\"client.address\":\"a\","
            "\"ferryman.a_name_that_is_lon\":\"b\"}\n");
  EXPECT_TRUE(record.is_ecs());
  EXPECT_FALSE(Record(Format::json, out).is_ecs());
}

TEST(Record, NamesItsTime) {
  using namespace std::chrono_literals;
  const std::chrono::system_clock::time_point noon(1769860800s);
  EXPECT_EQ(timestamp(noon + 7ms), "2026-01-31T12:00:00.007Z");
  EXPECT_EQ(timestamp(noon + 7999us), "2026-01-31T12:00:00.007Z");
  EXPECT_EQ(timestamp(noon + 123ms), "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(timestamp(noon + 24h - 1ms), "2026-02-01T11:59:59.999Z");
  EXPECT_EQ(timestamp(noon), "2026-01-31T12:00:00.000Z");
}

TEST(Log, DropsWhatDoesNotFitAndSaysHowMuch) {
  const auto file = std::filesystem::temp_directory_path() / ("log_test_" + std::to_string(::getpid()));
  LogOptions options;
  options.destination = Destination::file;
  options.file = file;
  options.max_pending = 200;
  {
    Log log(options);
    for (int i = 0; i < 20000; ++i)
      log.write(Level::info, "one of many lines that are written faster than they can go out");
  }
  std::ifstream stream(file);
  std::size_t lines = 0, lost = 0;
  for (std::string text; std::getline(stream, text);) {
    ++lines;
    const auto at = text.find("lines=");
    if (text.find("log lines dropped") == std::string::npos) continue;
    --lines;
    lost += std::stoul(text.substr(at + 6));
  }
  EXPECT_EQ(lines + lost, 20000U);
  std::filesystem::remove(file);
}

TEST(Log, TakesARecordOfTheCallersFields) {
  const auto file =
      std::filesystem::temp_directory_path() / ("record_test_fields_" + std::to_string(::getpid()));
  LogOptions options;
  options.format = Format::json;
  options.destination = Destination::file;
  options.file = file;
  const std::string told = "ab\ncd";
  {
    Log log(options);
    log.write(Level::debug, [](Record&) { FAIL() << "made although nobody reads it"; });
    log.write(Level::info, [&told](Record& record) {
      record.text("told", told);
      record.number("total_us", -7);
    });
  }
  std::ifstream stream(file);
  const std::string written{std::istreambuf_iterator<char>(stream), {}};
  const auto object = boost::json::parse(written).as_object();
  EXPECT_EQ(object.at("level"), "info");
  EXPECT_EQ(object.at("told"), "ab\ncd");
  EXPECT_EQ(object.at("total_us"), -7);
  EXPECT_EQ(object.size(), 4U);  // and the time
  std::filesystem::remove(file);
}

TEST(Log, SaysInEcsWhoSpeaks) {
  const auto file =
      std::filesystem::temp_directory_path() / ("record_test_ecs_" + std::to_string(::getpid()));
  LogOptions options;
  options.ident = "ferryman-realm";
  options.format = Format::ecs;
  options.destination = Destination::file;
  options.file = file;
  Log(options).write(Level::warning, "a sentence", {{"event_id", "306"}, {"realm", "R"}});
  std::ifstream stream(file);
  const std::string written{std::istreambuf_iterator<char>(stream), {}};
  const auto object = boost::json::parse(written).as_object();
  EXPECT_TRUE(object.contains("@timestamp"));
  EXPECT_EQ(object.at("log.level"), "warning");
  EXPECT_EQ(object.at("ecs.version"), "8.11.0");
  EXPECT_EQ(object.at("service.name"), "ferryman-realm");
  EXPECT_EQ(object.at("message"), "a sentence");
  EXPECT_EQ(object.at("event.code"), "306");
  EXPECT_EQ(object.at("ferryman.realm"), "R");
  std::filesystem::remove(file);
}

TEST(LogOptions, NameTheirDestination) {
  LogOptions options;
  for (const std::string text : {"stderr", "syslog", "journal", "journal:/run/other", "file:/var/log/x"}) {
    ASSERT_TRUE(set_destination(options, text));
    EXPECT_EQ(destination_name(options), text);
  }
  for (const std::string text : {"", "file:", "file:x", "journal:", "journald", "journal:run", "std"})
    EXPECT_FALSE(set_destination(options, text)) << text;
  EXPECT_FALSE(set_destination(options, "journal:/" + std::string(108, 'x')));
  EXPECT_EQ(destination_name(options), "file:/var/log/x");
}

TEST(Log, RefusesAFileThatCannotBeOpenedAndKeepsTheOldOne) {
  Log log(LogOptions{});
  LogOptions bad;
  bad.destination = Destination::file;
  bad.file = "/nonexistent/log";
  EXPECT_THROW(log.reconfigure(bad), std::system_error);
  EXPECT_THROW(Log{bad}, std::system_error);
}

}  // namespace
}  // namespace ferryman::telemetry
