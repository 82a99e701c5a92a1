#include "base/siphash.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace ferryman {
namespace {

// The key is 00 01 ... 0f, the text 00 01 ...; from the reference implementation's vectors.
constexpr SipHash::Key key{0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::uint64_t of_first(std::size_t count) {
  std::vector<std::uint8_t> text(count);
  std::iota(text.begin(), text.end(), std::uint8_t{0});
  return SipHash(key).octets(text).finish();
}

TEST(SipHash, GivesThePublishedValues) {
  EXPECT_EQ(of_first(0), 0x726fdb47dd0e0e31);
  EXPECT_EQ(of_first(1), 0x74f839c593dc67fd);
  EXPECT_EQ(of_first(8), 0x93f5f5799a932462);
  EXPECT_EQ(of_first(15), 0xa129ca6149be45e5);
}

TEST(SipHash, PartsDoNotRunTogether) {
  const auto hash = [](std::string_view a, std::string_view b) {
    return SipHash(key).part(as_bytes(a)).part(as_bytes(b)).finish();
  };
  EXPECT_NE(hash("ab", "c"), hash("a", "bc"));
  EXPECT_EQ(hash("ab", "c"), hash("ab", "c"));
}

TEST(SipHash, EachKeyIsAnother) {
  EXPECT_NE(SipHash(SipHash::Key::random()).finish(), SipHash(SipHash::Key::random()).finish());
}

}  // namespace
}  // namespace ferryman
