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
  EXPECT_TRUE(is_dn_below("CN=a,DC=b", "dc=B"));
  EXPECT_FALSE(is_dn_below("DC=b", "DC=b"));
  EXPECT_FALSE(is_dn_below("CN=aDC=b", "DC=b"));
}

TEST(Names, AHostIsWithinItsDomain) {
  EXPECT_TRUE(is_host_of("DC1.ad.example.test", "AD.example.test"));
  EXPECT_TRUE(is_host_of("dc-1_a.site.ad.example.test", "ad.example.test"));
  for (const char* other :
       {"", ".", "ad.example.test", ".ad.example.test", "dc1.bad.example.test", "dc1ad.example.test",
        "dc1.ad.example.test.evil.test", "evil.test/.ad.example.test", "evil.test:389\\032.ad.example.test"})
    EXPECT_FALSE(is_host_of(other, "ad.example.test")) << other;
}

}  // namespace
}  // namespace ferryman::ad
