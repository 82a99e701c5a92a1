#include "base/utf16.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

TEST(Utf16, EveryCodePointComesBack) {
  for (char32_t point = 0; point < 0x110000; ++point) {
    if (point >= 0xd800 && point < 0xe000) continue;
    std::u16string text(1, static_cast<char16_t>(point));
    if (point >= 0x10000) {
      text = {static_cast<char16_t>(0xd7c0 + (point >> 10)), static_cast<char16_t>(0xdc00 + (point & 0x3ff))};
    }
    const auto utf8 = utf8_of_utf16(text);
    ASSERT_TRUE(utf8) << std::hex << static_cast<unsigned>(point);
    ASSERT_EQ(utf16_of_utf8(*utf8), text) << std::hex << static_cast<unsigned>(point);
  }
  EXPECT_EQ(utf8_of_utf16(u"\u00e4\u20ac\U0001f600"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST(Utf16, ASurrogateAloneIsNoText) {
  for (const std::u16string_view text : {u"\xd800", u"\xdc00", u"\xdc00\xd800",
                                         u"a\xd800"
                                         u"b"}) {
    EXPECT_FALSE(utf8_of_utf16(text));
  }
  EXPECT_EQ(utf8_with_lone_surrogates(u"a\xd800"), "a\xed\xa0\x80");
  EXPECT_FALSE(utf16_of_utf8("\xed\xa0\x80"));
}

TEST(Utf16, WhatIsNoUtf8IsRefused) {
  for (const std::string_view text : {"\x80", "\xc3", "\xc0\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_FALSE(utf16_of_utf8(text));
}

TEST(Utf16, OctetsAreInLittleEndian) {
  constexpr std::uint8_t octets[] = {0xe4, 0, 0xac, 0x20, 1};
  EXPECT_EQ(utf16_of_octets(Bytes(octets).first(4)), u"\u00e4\u20ac");
  EXPECT_FALSE(utf16_of_octets(octets));
}

}  // namespace
}  // namespace ferryman
