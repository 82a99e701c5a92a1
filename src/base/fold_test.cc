#include "base/fold.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cwctype>
#include <vector>

namespace ferryman {
namespace {

std::vector<std::uint32_t> folded(std::string_view text) {
  std::vector<std::uint32_t> points;
  while (!text.empty()) points.push_back(take_folded(text));
  return points;
}

TEST(Fold, CaseMakesNoDifference) {
  EXPECT_EQ(folded("ALICE"), folded("alice"));
  EXPECT_EQ(folded("ÄÖÜ ŁŻ Ÿ"), folded("äöü łż ÿ"));
  EXPECT_EQ(folded("ΟΔΥΣΣΕΎΣ"), folded("οδυσσεύς"));
  EXPECT_EQ(folded("ЁЛКА Ґ"), folded("ёлка ґ"));
  EXPECT_EQ(folded("NGUYỄN"), folded("nguyễn"));
  EXPECT_NE(folded("alice"), folded("alica"));
  EXPECT_NE(folded("ä"), folded("a"));
}

TEST(Fold, OctetsThatAreNoUtf8StandForThemselves) {
  EXPECT_EQ(folded("\xc3").size(), 1U);
  EXPECT_NE(folded("\xc3"), folded("\xc4"));
  EXPECT_NE(folded("\xe4"), folded("\xc3\xa4"));
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

}  // namespace
}  // namespace ferryman
