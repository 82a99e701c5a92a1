#include "discovery/krb5_conf.h"

#include <gtest/gtest.h>

namespace ferryman::discovery {
namespace {

TEST(Krb5Conf, ReadsARealmAndLeavesTheRest) {
  std::vector<std::string> includes;
  const auto conf = read_krb5_conf(
      "include /a/b\nincludedir /c\n# comment\n[libdefaults]\n dns_lookup_kdc = no\n[realms]\n OTHER = {\n  "
      "kdc = x\n }\n"
      " R = {\n  kdc = one:88\n  kdc = \"https://proxy/KdcProxy\"\n  auth_to_local_names = {\n   kdc = no\n  "
      "}\n"
      "  kpasswd_server = two\n }\n[domain_realm]\n kdc = x\n",
      "R", includes);
  ASSERT_TRUE(conf.realm);
  EXPECT_EQ(conf.realm->kdc, (std::vector<std::string>{"one:88", "https://proxy/KdcProxy"}));
  EXPECT_EQ(conf.realm->kpasswd_server, std::vector<std::string>{"two"});
  EXPECT_FALSE(conf.dns_lookup_kdc);
  EXPECT_EQ(includes, (std::vector<std::string>{"/a/b", "/c/"}));
}

}  // namespace
}  // namespace ferryman::discovery
