#include "ad/domain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ad/test_domain.h"

namespace ferryman::ad {
namespace {

using testing::ElementsAre;

Entry root_dse() {
  return {"",
          {{"defaultNamingContext", {"DC=ad,DC=example,DC=test"}},
           {"configurationNamingContext", {"CN=Configuration,DC=ad,DC=example,DC=test"}},
           {"rootDomainNamingContext", {"DC=ad,DC=example,DC=test"}},
           {"dnsHostName", {"dc1.ad.example.test"}},
           {"vendorName", {"Samba Team (https://www.samba.org)"}},
           {"currentTime", {"20261130152800.0Z"}},
           {"domainFunctionality", {"4"}}}};
}

TEST(Domain, IsReadFromTheRootDse) {
  const auto dse = parse_root_dse(root_dse());
  ASSERT_TRUE(dse);
  EXPECT_EQ(dse->domain_dn, "DC=ad,DC=example,DC=test");
  EXPECT_EQ(dse->server, "dc1.ad.example.test");
  EXPECT_EQ(dse->time, 1'796'052'480);
  EXPECT_EQ(dse->level, 4);
}

TEST(Domain, OtherDirectoriesAreNone) {
  Entry entry = root_dse();
  entry.attributes["defaultNamingContext"] = {"o=example"};
  ASSERT_FALSE(parse_root_dse(entry));
  EXPECT_FALSE(parse_root_dse(Entry{}));
}

TEST(Domain, AttributesAreFoundWithoutCase) {
  const Entry entry{"cn=x", {{"objectSid", {"1"}}}};
  EXPECT_EQ(entry.one("OBJECTSID"), "1");
  EXPECT_EQ(entry.number("objectsid"), 1);
  EXPECT_EQ(entry.one("cn"), "");
  EXPECT_FALSE(entry.number("cn"));
}

TEST(Domain, AnAccountIsFoundByWhateverNamesIt) {
  const auto filters = [](std::string_view name) { return account_filters(test_domain(), name, "(c=u)"); };
  EXPECT_THAT(filters("alice"), ElementsAre("(&(c=u)(sAMAccountName=alice))"));
  EXPECT_THAT(filters("S-1-5-21-1-2-3-1104"), ElementsAre("(&(c=u)(objectSid=S-1-5-21-1-2-3-1104))"));
  EXPECT_THAT(filters("cn=Alice,dc=AD,dc=example,dc=test"),
              ElementsAre("(&(c=u)(distinguishedName=cn=Alice,dc=AD,dc=example,dc=test))"));
  EXPECT_THAT(
      filters("alice@AD.example.test"),
      ElementsAre("(&(c=u)(userPrincipalName=alice@AD.example.test))", "(&(c=u)(sAMAccountName=alice))"));
  EXPECT_THAT(filters("alice@example.test"), ElementsAre("(&(c=u)(userPrincipalName=alice@example.test))"));
}

TEST(Domain, NamesComeFromDns) {
  EXPECT_EQ(domain_of_dn("DC=ad,DC=example,DC=test"), "ad.example.test");
  EXPECT_EQ(domain_of_dn("dc=AD"), "AD");
  EXPECT_EQ(domain_of_dn("CN=x,DC=ad"), "");
}

}  // namespace
}  // namespace ferryman::ad
