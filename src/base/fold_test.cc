#include "base/fold.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cwctype>
#include <vector>

namespace ferryman {
namespace {

std::vector<std::uint32_t> points_of(std::string_view text) {
  std::vector<std::uint32_t> points;
  while (!text.empty()) points.push_back(take_folded(text));
  return points;
}

TEST(Fold, CaseMakesNoDifference) {
  EXPECT_EQ(points_of("ALICE"), points_of("alice"));
  EXPECT_EQ(points_of("ÄÖÜ ŁŻ Ÿ"), points_of("äöü łż ÿ"));
  EXPECT_EQ(points_of("ΟΔΥΣΣΕΎΣ"), points_of("οδυσσεύς"));
  EXPECT_EQ(points_of("ЁЛКА Ґ"), points_of("ёлка ґ"));
  EXPECT_EQ(points_of("NGUYỄN"), points_of("nguyễn"));
  EXPECT_NE(points_of("alice"), points_of("alica"));
  EXPECT_NE(points_of("ä"), points_of("a"));
}

TEST(Fold, OctetsThatAreNoUtf8StandForThemselves) {
  EXPECT_EQ(points_of("\xc3").size(), 1U);
  EXPECT_NE(points_of("\xc3"), points_of("\xc4"));
  EXPECT_NE(points_of("\xe4"), points_of("\xc3\xa4"));
}

// The C library's table is the oracle for the blocks that are folded here.
TEST(Fold, AgreesWithTheCLibrary) {
  const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  ASSERT_NE(locale, nullptr);
  const auto check = [locale](std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t point = first; point <= last; ++point) {
      const bool own_way = point == 0x130 || point == 0x1e9e || (point >= 0x370 && point < 0x386) ||
                           point == 0x3c2 || (point >= 0x3cf && point < 0x400);
      if (own_way) continue;
      EXPECT_EQ(fold_case(point), std::uint32_t(::towlower_l(wint_t(point), locale))) << std::hex << point;
    }
  };
  check(0, 0x17f);
  check(0x370, 0x52f);
  check(0x1e00, 0x1eff);
  ::freelocale(locale);
}

TEST(Fold, MakesWholeTextsOneThatDifferInCaseAlone) {
  EXPECT_EQ(folded("Stra\xc3\x9f\x65 \xd0\x9c\xd0\xb8\xd1\x80 \xf0\x9f\x98\x80"),
            "stra\xc3\x9f\x65 \xd0\xbc\xd0\xb8\xd1\x80 \xf0\x9f\x98\x80");
  EXPECT_EQ(folded("\xc3\x84"), folded("\xc3\xa4"));
  EXPECT_EQ(folded(""), "");
  EXPECT_FALSE(folded("a\xff"));
}

}  // namespace
}  // namespace ferryman
