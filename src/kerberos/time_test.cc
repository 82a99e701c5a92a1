#include "kerberos/time.h"

#include <gtest/gtest.h>

namespace ferryman::kerberos {
namespace {

std::string_view view(const TimeText& text) {
  return {text.data(), text.size()};
}

TEST(KerberosTime, IsReadAndWrittenAsSecondsSince1970) {
  const std::pair<std::string_view, std::int64_t> known[] = {
      {"00010101000000Z", first_time}, {"15000101000000Z", -14831769600},
      {"19691231235959Z", -1},         {"19700101000000Z", 0},
      {"19700101000001Z", 1},          {"20000229235959Z", 951868799},
      {"20380119031408Z", 2147483648}, {"21060207062816Z", 4294967296},
      {"21000228235959Z", 4107542399}, {"21000301000000Z", 4107542400},
      {"99991231235959Z", last_time},  {"20261128202146Z", 1795897306}};
  for (const auto& [text, seconds] : known) {
    EXPECT_EQ(parse_time(text), seconds) << text;
    ASSERT_TRUE(format_time(seconds)) << text;
    EXPECT_EQ(view(*format_time(seconds)), text);
  }
}

TEST(KerberosTime, WhatIsNoTimeOfTheCalendarIsRefused) {
  for (const std::string_view text : {"",
                                      "19700101000000",
                                      "19700101000000z",
                                      "197001010000001",
                                      "1970010100000Z",
                                      "19700101000000.0Z",
                                      "00000101000000Z",
                                      "20260001000000Z",
                                      "20261301000000Z",
                                      "20260100000000Z",
                                      "20260132000000Z",
                                      "20260229000000Z",
                                      "21000229000000Z",
                                      "20260230000000Z",
                                      "20260431000000Z",
                                      "20260101240000Z",
                                      "20260101006000Z",
                                      "20260101000060Z",
                                      "2026010100000 Z",
                                      "+0260101000000Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
  EXPECT_FALSE(format_time(first_time - 1));
  EXPECT_FALSE(format_time(last_time + 1));
}

TEST(KerberosTime, EveryDayThatIsWrittenIsReadAsThatDay) {
  for (std::int64_t seconds = 0; seconds <= last_time; seconds += 86400 * 3 + 12345) {
    ASSERT_EQ(parse_time(view(*format_time(seconds))), seconds);
  }
}

}  // namespace
}  // namespace ferryman::kerberos
