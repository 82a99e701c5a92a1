#include "gateway/realm_map.h"

#include <gtest/gtest.h>

namespace ferryman::gateway {
namespace {

Realm realm(const std::string& name) {
  Realm result;
  result.name = name;
  auto source = std::make_shared<locate::RealmSource>();
  source->realm = name;
  result.source = source;
  return result;
}

TEST(RealmMap, FindsAnExactNameWithoutCase) {
  RealmMap map({realm("Example.COM")});
  ASSERT_TRUE(map.find("eXAMPLE.com"));
  EXPECT_EQ(map.find("EXAMPLE.COM")->name, "Example.COM");
}

TEST(RealmMap, ServesNothingThatIsNotDeclared) {
  RealmMap map({realm("EXAMPLE.COM")});
  EXPECT_FALSE(map.find("SUB.EXAMPLE.COM"));
  EXPECT_FALSE(map.find("EXAMPLE.CO"));
  EXPECT_FALSE(map.find(""));
  EXPECT_FALSE(map.find("."));
}

TEST(RealmMap, FindsARealmByItsAliases) {
  Realm ad = realm("AD.EXAMPLE.COM");
  ad.aliases = {"example.com", "contoso.com"};
  RealmMap map({realm("*.EXAMPLE.COM"), ad});
  ASSERT_TRUE(map.find("EXAMPLE.COM"));
  EXPECT_EQ(map.find("EXAMPLE.COM")->name, "AD.EXAMPLE.COM");
  EXPECT_EQ(map.find_exact("Contoso.com"), map.find("ad.example.com"));
  EXPECT_EQ(map.find("SUB.EXAMPLE.COM")->name, "SUB.EXAMPLE.COM");
}

TEST(RealmMap, WildcardServesWhatIsBelowItOnly) {
  RealmMap map({realm("*.EXAMPLE.COM")});
  EXPECT_FALSE(map.find("EXAMPLE.COM"));
  EXPECT_FALSE(map.find("MYEXAMPLE.COM"));
  const auto found = map.find("a.Sub.example.com");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "A.SUB.EXAMPLE.COM");
  EXPECT_EQ(found->source->realm, "A.SUB.EXAMPLE.COM");
  EXPECT_EQ(found->source->dns_domain, "a.sub.example.com");
  EXPECT_EQ(map.find("A.SUB.EXAMPLE.COM"), found)
      << "one object, so that what locate/ caches by it is found again";
}

TEST(RealmMap, ExactBeatsWildcardAndLongerWildcardBeatsShorter) {
  auto longer = realm("*.B.COM");
  longer.deadline = std::chrono::seconds(2);
  auto shorter = realm("*.COM");
  shorter.deadline = std::chrono::seconds(3);
  RealmMap map({shorter, longer, realm("X.B.COM")});
  EXPECT_EQ(map.find("x.b.com")->deadline, std::chrono::seconds(8));
  EXPECT_EQ(map.find("y.b.com")->deadline, std::chrono::seconds(2));
  EXPECT_EQ(map.find("b.com")->deadline, std::chrono::seconds(3));
}

TEST(RealmMap, WildcardTakesOnlyDnsNames) {
  RealmMap map({realm("*.EXAMPLE.COM")});
  using namespace std::string_view_literals;
  for (const auto name : {"A B.EXAMPLE.COM"sv, "A\0B.EXAMPLE.COM"sv, "A/B.EXAMPLE.COM"sv,
                          "\xff.EXAMPLE.COM"sv, ".EXAMPLE.COM"sv, "A..EXAMPLE.COM"sv, "A.EXAMPLE.COM."sv}) {
    EXPECT_FALSE(map.find(name)) << name;
  }
}

TEST(RealmMap, RefusesNamesLongerThanAnyDnsName) {
  RealmMap map({realm("*.EXAMPLE.COM")});
  EXPECT_FALSE(map.find(std::string(65536, 'A') + ".EXAMPLE.COM"));
}

TEST(RealmMap, KeepsABoundedNumberOfDerivedRealms) {
  RealmMap map({realm("*.EXAMPLE.COM")});
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(map.find("R" + std::to_string(i) + ".EXAMPLE.COM"));
}

TEST(MayDeclare, RealmsAndWildcards) {
  for (const char* name : {"EXAMPLE.COM", "*.EXAMPLE.COM", "*", "AD"}) EXPECT_TRUE(may_declare(name)) << name;
  for (const char* name : {"", "*.", "**", "A*", "*A", "*.*.A", "A\n"})
    EXPECT_FALSE(may_declare(name)) << name;
  EXPECT_FALSE(may_declare(std::string(256, 'A')));
}

}  // namespace
}  // namespace ferryman::gateway
