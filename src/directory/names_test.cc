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
  for (const char* good : {"ldap/dc1.example.com/example.com", "MSSQLSvc/db.example.com:1433",
                           "MSSQLSvc/db.example.com:SQL$1", "ldap/dc1:389/example.com"})
    EXPECT_TRUE(check_spn(good)) << good;
  for (const char* bad : {"a/b:", "a/b:1:2", "a/b:1 2", "a:1/b", "a/:1", "a/b/c:1"})
    EXPECT_FALSE(check_spn(bad)) << bad;
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
  EXPECT_TRUE(check_tenant_domain("corp.example.com"));
  for (const char* bad : {"common", "KdcProxy", "6f9619ff-8b86-4011-B42D-00c04fc964ff", "a..b"})
    EXPECT_FALSE(check_tenant_domain(bad)) << bad;
  for (const char* good : {"example.com", ".example.com", ".example.com:1433"})
    EXPECT_TRUE(check_top_level_name(good)) << good;
  for (const char* bad : {"", ".", "..a", ".a:", ".a:b", ".a:123456", "a\n"})
    EXPECT_FALSE(check_top_level_name(bad)) << bad;
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

TEST(Names, AreSeenWhole) {
  for (const std::string_view name : {"x\xc2\x9b"
                                      "31m",
                                      "x\xe2\x80\xaey", "x\xe2\x80\xa8y"})
    EXPECT_FALSE(check_user_name(name)) << name;
  EXPECT_TRUE(check_user_name("J\xc3\xbcrgen"));
}

TEST(Names, OfTheKdcAreKept) {
  for (const std::string_view name : {"krbtgt", "KADMIN/x", "WELLKNOWN/ANONYMOUS"})
    EXPECT_FALSE(check_user_name(name)) << name;
  for (const std::string_view name : {"krbtgt$", "Kadmin$"}) EXPECT_FALSE(check_service_name(name)) << name;
}

}  // namespace
}  // namespace ferryman::directory
