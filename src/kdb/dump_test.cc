#include "kdb/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "kdb/test_tools.h"

namespace ferryman::kdb {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines() {
  std::ifstream file(TESTDATA "/dump");
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

std::string line_of_name(std::string_view name) {
  for (const std::string& line : lines())
    if (line.find("\t" + std::string(name) + "@EXAMPLE.COM\t") != line.npos) return line;
  return {};
}

DumpedPrincipal principal(std::string_view name) {
  auto read = read_principal(line_of_name(name));
  EXPECT_TRUE(read) << name << ": " << (read ? "" : ferryman::name(read.error().fault));
  return read.value_or(DumpedPrincipal{});
}

std::vector<std::tuple<std::uint32_t, std::int32_t, std::string>> salts(const DumpedPrincipal& principal) {
  std::vector<std::tuple<std::uint32_t, std::int32_t, std::string>> all;
  for (const SealedKey& key : principal.keys)
    all.emplace_back(key.kvno, key.etype, salt_of(principal, key).value_or("none"));
  return all;
}

Fault fault(const std::string& line) {
  const auto read = read_principal(line);
  EXPECT_FALSE(read);
  return read ? Fault::no_space : read.error().fault;
}

TEST(Dump, SaysItsVersion) {
  EXPECT_EQ(version_of_dump(lines().front()), 7);
  EXPECT_EQ(version_of_dump("kdb5_util load_dump version 5"), 5);
  for (const char* other :
       {"kdb5_util load_dump version 4", "kdb5_util load_dump version 8", "ipropx 1 7 1 1"})
    EXPECT_EQ(version_of_dump(other), 0) << other;
  for (const char* none : {"", "princ\t38", "kdb5_util load_dump version ", "kdb5_util load_dump version 7x"})
    EXPECT_EQ(version_of_dump(none), std::nullopt) << none;
}

TEST(Dump, HasLinesOfPrincipalsAndOfPolicies) {
  EXPECT_EQ(kind_of(lines().back()), LineKind::policy);
  EXPECT_EQ(kind_of(line_of_name("alice")), LineKind::principal);
  EXPECT_EQ(kind_of(""), LineKind::other);
  EXPECT_EQ(kind_of("principal"), LineKind::other);
}

TEST(Dump, HasAttributesAndTimes) {
  const DumpedPrincipal bob = principal("bob"), alice = principal("alice");
  EXPECT_EQ(bob.attributes,
            attribute::disallow_all_tix | attribute::requires_pwchange | attribute::requires_hw_auth);
  EXPECT_EQ(bob.expires, 1801353600);
  EXPECT_EQ(bob.password_expires, 1803772800);
  EXPECT_EQ(alice.attributes, attribute::requires_pre_auth);
  EXPECT_EQ(alice.expires, std::nullopt);
  EXPECT_GT(alice.password_changed, 1795000000);
  EXPECT_THAT(principal("HTTP/www.example.com").name.components, ElementsAre("HTTP", "www.example.com"));
}

TEST(Dump, HasKeysOfAllVersionsWithTheirSalts) {
  const DumpedPrincipal alice = principal("alice");
  const std::string special = std::get<2>(salts(alice)[4]);
  EXPECT_THAT(salts(alice),
              ElementsAre(std::tuple(2, 20, "EXAMPLE.COMalice"), std::tuple(2, 18, "alice"),
                          std::tuple(2, 17, "EXAMPLE.COM"), std::tuple(1, 18, "EXAMPLE.COMalice"),
                          std::tuple(1, 17, special), std::tuple(1, 23, "EXAMPLE.COMalice")));
  EXPECT_EQ(special.size(), 16);  // as MIT makes them up
  EXPECT_THAT(salts(principal("after")), ElementsAre(std::tuple(1, 18, "EXAMPLE.COMbefore")));
  EXPECT_TRUE(principal("bare").keys.empty());
}

TEST(Dump, SaysWhatKeysAreSealedUnder) {
  EXPECT_EQ(principal("alice").master_kvno, 1);
  EXPECT_EQ(principal("new").master_kvno, 2);
  EXPECT_EQ(principal("krbtgt/EXAMPLE.COM").master_kvno, 1);  // made before there were several
  const DumpedPrincipal master = principal("K/M");
  ASSERT_EQ(master.master_keys.size(), 1);
  EXPECT_EQ(master.master_keys[0].under, 1);
  EXPECT_EQ(master.master_keys[0].key.kvno, 2);
}

TEST(Dump, KnowsNoSaltsOfKerberos4) {
  DumpedPrincipal alice = principal("alice");
  for (const std::int32_t type : {1, 5, 6, 77, -1}) {
    alice.keys[0].salt_type = type;
    EXPECT_EQ(salt_of(alice, alice.keys[0]), std::nullopt) << type;
  }
}

TEST(Dump, IsReadAsItIsWritten) {
  for (const std::string& line : lines()) {
    if (kind_of(line) != LineKind::principal) continue;
    const auto read = read_principal(line);
    ASSERT_TRUE(read);
    EXPECT_EQ(read_principal(line_of(*read)), read);
  }
}

TEST(Dump, IsRefusedWhereItEnds) {
  const std::string line = line_of_name("alice");
  for (std::size_t size = 0; size < line.size(); ++size) EXPECT_FALSE(read_principal(line.substr(0, size)));
  EXPECT_EQ(fault(line.substr(0, line.size() - 1)), Fault::truncated);
}

TEST(Dump, IsRefusedWhereFieldsAreNone) {
  const std::string line = line_of(principal("after"));
  const auto with = [&line](std::string_view from, std::string_view to) {
    std::string changed = line;
    changed.replace(changed.find(from), from.size(), to);
    return fault(changed);
  };
  EXPECT_EQ(with("princ", "pronc"), Fault::wrong_value);
  EXPECT_EQ(with("\t17\t", "\t18\t"), Fault::wrong_value);  // the name's length
  EXPECT_EQ(with("after@", "after\\@"), Fault::wrong_value);
  EXPECT_EQ(with("\t86400\t", "\t86400s\t"), Fault::wrong_value);
  EXPECT_EQ(with("\t86400\t", "\t\t"), Fault::wrong_value);
  EXPECT_EQ(with("\t62\t2000", "\t62\t200"), Fault::wrong_value);
  EXPECT_EQ(with("\t62\t2000", "\t62\t20g0"), Fault::wrong_value);
  EXPECT_EQ(with("\t62\t2000", "\t99999\t2000"), Fault::wrong_value);
  EXPECT_EQ(with("-1;", "-1\t-1;"), Fault::trailing_bytes);
  EXPECT_EQ(with("-1;", "-1"), Fault::truncated);
}

TEST(PrincipalNames, AreReadAsMitWritesThem) {
  EXPECT_EQ(parse_name("alice@R"), (PrincipalName{{"alice"}, "R"}));
  EXPECT_EQ(parse_name("a/b/c@R/S"), (PrincipalName{{"a", "b", "c"}, "R/S"}));
  EXPECT_EQ(parse_name("a\\/b\\@c\\\\\\n\\t\\b@R"), (PrincipalName{{"a/b@c\\\n\t\b"}, "R"}));
  EXPECT_EQ(parse_name(R"(a\0b@R)"), (PrincipalName{{std::string("a\0b", 3)}, "R"}));
  EXPECT_EQ(parse_name("/@R"), (PrincipalName{{"", ""}, "R"}));
  for (const char* none : {"", "alice", "alice@", "alice@R@S", "a\\@R"})
    EXPECT_FALSE(parse_name(none)) << none;
}

}  // namespace
}  // namespace ferryman::kdb
