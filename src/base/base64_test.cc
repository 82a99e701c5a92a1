#include "base/base64.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

TEST(Base64, IsThatOfTheRfc) {  // RFC 4648 10
  EXPECT_EQ(base64_of(as_bytes("")), "");
  EXPECT_EQ(base64_of(as_bytes("f")), "Zg==");
  EXPECT_EQ(base64_of(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(base64_of(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(base64_of(as_bytes("foob")), "Zm9vYg==");
  EXPECT_EQ(base64_of(as_bytes("fooba")), "Zm9vYmE=");
  EXPECT_EQ(base64_of(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64_of(as_bytes("\xfb\xff\xbf")), "+/+/");
}

TEST(Base64, ForUrlsHasItsOwnDigitsAndNoPadding) {
  EXPECT_EQ(base64url_of(as_bytes("")), "");
  EXPECT_EQ(base64url_of(as_bytes("f")), "Zg");
  EXPECT_EQ(base64url_of(as_bytes("fo")), "Zm8");
  EXPECT_EQ(base64url_of(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(base64url_of(as_bytes("\xfb\xff\xbf")), "-_-_");
}

TEST(Base64, IsReadAsItWasWritten) {
  Octets octets;
  for (unsigned size = 0; size < 300; ++size) {
    EXPECT_EQ(octets_of_base64(base64_of(octets)), octets);
    EXPECT_EQ(octets_of_base64url(base64url_of(octets)), octets);
    const auto secret = secret_of_base64(base64_of(octets));
    ASSERT_TRUE(secret);
    EXPECT_TRUE(std::equal(octets.begin(), octets.end(), secret->bytes().begin(), secret->bytes().end()));
    octets.push_back(static_cast<std::uint8_t>(size * 37));
  }
}

TEST(Base64, HasOneTextForOneValue) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Z===", "====", "=", "Zm9v\n", " Zm9",
                           "Zm9v====", "Zg==Zg==", "Zm-v", "Zm_v", "Zm9\xc3"}) {
    EXPECT_EQ(octets_of_base64(text), std::nullopt) << text;
  }
  for (const char* text : {"Zg==", "Zm8=", "Z", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v\n", " Zm8", "Zm9vZ"}) {
    EXPECT_EQ(octets_of_base64url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ferryman
