#include "directory/names.h"

#include <gtest/gtest.h>

#include "directory/host_aliases.h"

namespace ferryman::directory {
namespace {

TEST(Names, AreUniqueWithoutCaseAndWithoutTheDollarOfComputers) {
  EXPECT_EQ(unique_key("ROOT$"), unique_key("root"));
  EXPECT_EQ(unique_key("\xc3\x84rger"), unique_key("\xc3\xa4RGER"));
  EXPECT_NE(unique_key("root$$"), unique_key("root"));
  EXPECT_NE(unique_key("host/root$"), unique_key("host/root"));
  EXPECT_EQ(unique_key("\xff"), "");
}

TEST(Names, AreJoinedOnlyWhereTheComponentsStayTold) {
  using Components = std::vector<std::string_view>;
  EXPECT_EQ(joined(Components{"host", "web.example.com"}), "host/web.example.com");
  EXPECT_EQ(joined(Components{"host/web"}), "");
  EXPECT_EQ(joined(Components{"a", ""}), "");
  EXPECT_EQ(joined(Components{std::string_view("a\0", 2)}), "");
  EXPECT_EQ(joined(Components{}), "");
  EXPECT_EQ(components_of("a/b/c"), (Components{"a", "b", "c"}));
}

TEST(Names, OfUsersEndInNoDollarAndHoldNothingThatShellsOrPathsRead) {
  for (const char* good : {"alice", "alice.b-c_d", "alice/admin", "J\xc3\xbcrgen", "a b"})
    EXPECT_TRUE(check_user_name(good)) << good;
  for (const char* bad : {"", "alice$", "al@ice", "al\\ice", "a:b", " alice", "alice ", "a\nb", "-alice",
                          "a//b", "\xff", "krbtgt", "KRBTGT/OTHER", "kadmin/admin", "a/b/c/d/e/f/g/h/i"})
    EXPECT_FALSE(check_user_name(bad)) << bad;
  EXPECT_FALSE(check_user_name(std::string(256, 'a')));
}

TEST(Names, OfServicesAreComputersOrSpns) {
  for (const char* good : {"WEB$", "svc-web", "HTTP/web.example.com"})
    EXPECT_TRUE(check_service_name(good)) << good;
  for (const char* bad : {"$", "krbtgt$/x", "kadmin/changepw", "a/b/c/d"})
    EXPECT_EQ(static_cast<bool>(check_service_name(bad)), std::string_view(bad) == "krbtgt$/x") << bad;
}

TEST(Names, OfSpnsHaveTwoOrThreeParts) {
  EXPECT_TRUE(check_spn("ldap/dc1.example.com/example.com"));
  for (const char* bad : {"http", "http/", "a/b/c/d", "http/a b", "krbtgt/REALM"})
    EXPECT_FALSE(check_spn(bad)) << bad;
}

TEST(Names, OfUpnsHaveASuffix) {
  EXPECT_TRUE(check_upn("alice@example.com"));
  for (const char* bad : {"alice", "@example.com", "alice@", "a@b@c", "a/b@c"})
    EXPECT_FALSE(check_upn(bad)) << bad;
}

TEST(Names, OfTenantsAreNoPathThatMeansSomethingElse) {
  EXPECT_TRUE(check_tenant_name("example"));
  for (const char* bad :
       {"common", "Organizations", "consumers", "EnrollmentServer", "KdcProxy", "a.b", "", "a/b"})
    EXPECT_FALSE(check_tenant_name(bad)) << bad;
  EXPECT_TRUE(check_domain("corp.example.com"));
  for (const char* bad : {"", "a..b", ".a", "-a.b", "a b"}) EXPECT_FALSE(check_domain(bad)) << bad;
}

TEST(HostAliases, StandForServiceClassesOfTwoParts) {
  const auto& aliases = default_host_aliases();
  EXPECT_EQ(by_host("CIFS/web.example.com", aliases), "host/web.example.com");
  EXPECT_EQ(by_host("ldap/web.example.com", aliases), "");
  EXPECT_EQ(by_host("host/web.example.com", aliases), "");
  EXPECT_EQ(by_host("cifs/web.example.com/example.com", aliases), "");
  EXPECT_EQ(by_host("cifs", aliases), "");
}

}  // namespace
}  // namespace ferryman::directory
