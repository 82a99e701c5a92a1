#include "config/reader.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

TEST(ParseSize, TakesNumbersAndBinaryUnits) {
  EXPECT_EQ(parse_size("128KiB"), 131072U);
  EXPECT_EQ(parse_size("1MiB"), 1048576U);
  EXPECT_EQ(parse_size("7"), 7U);
  for (const auto* text : {"", "KiB", "1KB", "-1", "99999999999999999999"})
    EXPECT_EQ(parse_size(text), std::nullopt);
}

TEST(ParseDuration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("8s"), std::chrono::seconds(8));
  EXPECT_EQ(parse_duration("500ms"), std::chrono::milliseconds(500));
  EXPECT_EQ(parse_duration("2h"), std::chrono::hours(2));
  for (const auto* text : {"", "8", "s", "8 s", "-1s", "1w"}) EXPECT_EQ(parse_duration(text), std::nullopt);
}

}  // namespace
}  // namespace ferryman
