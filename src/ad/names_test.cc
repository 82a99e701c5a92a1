#include "ad/names.h"

#include <gtest/gtest.h>

namespace ferryman::ad {
namespace {

TEST(Names, AValueCannotEndAFilter) {
  EXPECT_EQ(escape_filter("alice"), "alice");
  EXPECT_EQ(escape_filter("a*)(cn=\\"), "a\\2a\\29\\28cn=\\5c");
  EXPECT_EQ(escape_filter(std::string_view("\0\x01", 2)), "\\00\\01");
  EXPECT_EQ(escape_filter("\xc3\xa9"), "\\c3\\a9");
}

TEST(Names, AValueCannotEndAnRdn) {
  EXPECT_EQ(escape_dn("Domain Users"), "Domain Users");
  EXPECT_EQ(escape_dn("a,b+c\"d\\e<f>g;h=i"), "a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h\\=i");
  EXPECT_EQ(escape_dn("#x#"), "\\#x#");
  EXPECT_EQ(escape_dn(" x "), "\\ x\\ ");
  EXPECT_EQ(escape_dn("a\nb"), "a\\0Ab");
}

TEST(Names, DnsCompareWithoutCase) {
  EXPECT_TRUE(is_same_dn("CN=a,DC=b", "cn=A,dc=B"));
  EXPECT_FALSE(is_same_dn("CN=a,DC=b", "CN=a,DC=c"));
}

}  // namespace
}  // namespace ferryman::ad
