#include "ferryman/realm_output.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

// The seconds, or -1 for what is no time.
std::int64_t seconds(std::string_view text) {
  const auto time = parse_time(text);
  return time && *time ? **time : -1;
}

TEST(RealmTimes, AreISO8601) {
  EXPECT_EQ(seconds("1970-01-01"), 0);
  EXPECT_EQ(seconds("2027-01-31"), 1801353600);
  EXPECT_EQ(seconds("2027-01-31T18:00"), 1801353600 + 18 * 3600);
  EXPECT_EQ(seconds("2027-01-31T18:00:07Z"), 1801353600 + 18 * 3600 + 7);
  EXPECT_EQ(seconds("2027-01-31T18:00+01:00"), 1801353600 + 17 * 3600);
  EXPECT_EQ(seconds("2027-01-31T18:00:00-0530"), 1801353600 + 23 * 3600 + 1800);
  EXPECT_EQ(seconds("2028-02-29"), 1835395200);
}

TEST(RealmTimes, NeverIsNone) {
  const auto never = parse_time("never");
  ASSERT_TRUE(never.has_value());
  EXPECT_FALSE(never->has_value());
}

TEST(RealmTimes, AnythingElseIsRefused) {
  for (const char* wrong : {"",
                            "tomorrow",
                            "2027",
                            "2027-1-31",
                            "2027-13-01",
                            "2027-00-01",
                            "2027-02-29",
                            "2027-01-00",
                            "2027-01-32",
                            "2027-01-31 18:00",
                            "2027-01-31T24:00",
                            "2027-01-31T18",
                            "2027-01-31T18:60",
                            "2027-01-31T18:00:60",
                            "2027-01-31T18:00X",
                            "2027-01-31T18:00+1",
                            "2027-01-31T18:00+15:00",
                            "2027-01-31Z",
                            "2027-01-31T18:00ZZ",
                            "1969-12-31",
                            "-027-01-31",
                            "2027--1-31",
                            "NEVER",
                            "+027-01-01"})
    EXPECT_FALSE(parse_time(wrong).has_value()) << wrong;
}

TEST(RealmTimes, ArePrintedAsTheyAreRead) {
  EXPECT_EQ(time_text(1801353607), "2027-01-31T00:00:07Z");
  EXPECT_EQ(seconds(time_text(1801353607)), 1801353607);
  EXPECT_EQ(time_text(-1), "-1 s after 1970");
}

TEST(RealmTexts, CannotMoveTheCursor) {
  const admin::Json object{{"a", "x\x1b[2J"}, {"b", {"\n", 1}}, {"c", nullptr}};
  EXPECT_EQ(text_of(object, "a"), "x\\x1b[2J");
  EXPECT_EQ(texts_of(object, "b"), "\\x0a, 1");
  EXPECT_EQ(text_of(object, "c"), "");
  EXPECT_EQ(text_of(object, "d"), "");
}

TEST(AccountState, SaysWhyThereIsNoLogon) {
  using admin::Json;
  EXPECT_EQ(account_state(Json{{"kvno", 1}}, 100), "enabled");
  EXPECT_EQ(account_state(Json{{"kvno", 0}}, 100), "no password");
  EXPECT_EQ(account_state(Json{{"disabled", true}, {"locked_until", 200}}, 100), "disabled");
  EXPECT_EQ(account_state(Json{{"expires", 100}}, 100), "expired");
  EXPECT_EQ(account_state(Json{{"expires", 101}}, 100), "enabled");
  EXPECT_EQ(account_state(Json{{"locked_until", 200}, {"expires", nullptr}}, 100),
            "locked until 1970-01-01T00:03:20Z");
  EXPECT_EQ(account_state(Json{{"locked_until", 100}}, 100), "enabled");
}

}  // namespace
}  // namespace ferryman
