#include "login/krb5_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

namespace ferryman::login {
namespace {

using testing::HasSubstr;
using testing::Not;

RealmConfig cloud() {
  return {"CLOUD.TEST",
          "https://gw.test/example/kerberos",
          "/tmp/a ca.pem",
          {".cloud.test", "db.test:1433", "shop.test"}};
}

class Krb5ConfigTest : public testing::Test {
 protected:
  Krb5ConfigTest() {
    std::string name = std::filesystem::temp_directory_path() / "krb5.XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~Krb5ConfigTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(directory_ + "/" + name) << text;
    return directory_ + "/" + name;
  }

  std::string directory_;
};

TEST_F(Krb5ConfigTest, LeadsToTheRealm) {
  const std::array realms{cloud()};
  const std::string system = write("system", "[libdefaults]\n default_realm = OTHER.TEST\n");
  const std::string text = user_config(realms, system).value();
  EXPECT_THAT(text, HasSubstr("include " + system));
  EXPECT_THAT(
      text,
      HasSubstr("    .cloud.test = CLOUD.TEST\n    shop.test = CLOUD.TEST\n    .shop.test = CLOUD.TEST\n"));
  EXPECT_THAT(text, Not(HasSubstr("1433"))) << "libkrb5 knows no ports there";
  EXPECT_THAT(text, HasSubstr("http_anchors = FILE:/tmp/a ca.pem"));
  EXPECT_TRUE(leads_to(write("user", text), realms[0])) << text;
  EXPECT_TRUE(Krb5Profile::read(directory_ + "/user")->has_default_realm) << "the system's";
}

TEST_F(Krb5ConfigTest, LeadsToAForwarderBeforeAllElse) {
  const std::array realms{cloud()};
  const std::string system = write(
      "system", "include " + write("more", "[realms]\n CLOUD.TEST = {\n  kdc = https://gw.test/x\n }\n") +
                    "\n[libdefaults]\n default_realm = OTHER.TEST\n");
  const std::string text = forward_config(realms, 21000, system).value();
  EXPECT_THAT(text, HasSubstr("        kdc = 127.0.0.1:21000\n        kpasswd_server = 127.0.0.1:21000\n"));
  EXPECT_THAT(text, HasSubstr("    .cloud.test = CLOUD.TEST\n"));
  EXPECT_THAT(text, Not(HasSubstr("include"))) << "Java and Heimdal know it at other places, or not at all";
  EXPECT_LT(text.find("127.0.0.1"), text.find("https://gw.test/x")) << text;
  EXPECT_TRUE(Krb5Profile::read(write("forward", text))->has_default_realm) << text;
  EXPECT_THAT(forward_config(realms, 21000, directory_ + "/none").value(),
              HasSubstr("default_realm = CLOUD.TEST"));
  EXPECT_FALSE(forward_config(realms, 21000, write("damaged", "[libdefaults\n")));
}

TEST_F(Krb5ConfigTest, TheSystemsDefaultRealmStays) {
  const std::array realms{cloud()};
  const auto with = [&](const std::string& file) { return user_config(realms, file).value(); };
  EXPECT_THAT(with(write("system", "[libdefaults]\n default_realm = OTHER.TEST\n")),
              Not(HasSubstr("default_realm")));
  EXPECT_THAT(with(write("system", "[libdefaults]\n")), HasSubstr("default_realm = CLOUD.TEST"));
  const std::string none = with(directory_ + "/none");
  EXPECT_THAT(none, HasSubstr("default_realm = CLOUD.TEST"));
  EXPECT_THAT(none, Not(HasSubstr("include"))) << "what is not there cannot be included";
}

TEST_F(Krb5ConfigTest, WhatTheSystemHasIsNotSaidTwice) {
  const std::array realms{cloud()};
  const std::string system = write("system", realm_sections(realms));
  EXPECT_THAT(user_config(realms, system).value(), Not(HasSubstr("kdc = ")));
}

TEST_F(Krb5ConfigTest, ASystemsFileThatCannotBeReadIsTold) {
  const auto text = user_config(std::array{cloud()}, write("system", "[realms\n"));
  ASSERT_FALSE(text.has_value());
  EXPECT_THAT(text.error().text, HasSubstr(directory_ + "/system"));
}

TEST_F(Krb5ConfigTest, NothingOfAServersGetsOut) {
  for (const char* realm : {"", "A B", "A\n}", "A = {", "[x]", "A#", "*"}) {
    RealmConfig bent = cloud();
    bent.realm = realm;
    EXPECT_FALSE(is_fit(bent)) << realm;
    EXPECT_THAT(realm_sections({&bent, 1}), Not(HasSubstr("kdc"))) << realm;
  }
  for (const char* url : {"http://gw.test/", "https://gw.test/\nx = y", "https://gw.test/ }", ""}) {
    RealmConfig bent = cloud();
    bent.kdc_url = url;
    EXPECT_FALSE(is_fit(bent)) << url;
  }
  RealmConfig bent = cloud();
  bent.top_level_names = {".a.test\n[realms]", "a = b", "", std::string(300, 'a')};
  EXPECT_TRUE(realm_sections({&bent, 1}).ends_with("[domain_realm]\n"));
  bent.ca_file = "/tmp/a\nb";
  EXPECT_FALSE(is_fit(bent));
}

TEST_F(Krb5ConfigTest, OfTwoTenantsWithOneRealmTheFirstCounts) {
  std::array realms{cloud(), cloud()};
  realms[1].kdc_url = "https://gw.test/other/kerberos";
  EXPECT_THAT(realm_sections(realms), Not(HasSubstr("other")));
}

TEST_F(Krb5ConfigTest, TheSystemsFileIncludesOnce) {
  constexpr char directory[] = "/etc/krb5.conf.d";
  const std::string there = "# mine\n[libdefaults]\n", with = with_include(there, directory);
  EXPECT_EQ(with, there + "includedir /etc/krb5.conf.d\n");
  EXPECT_EQ(with_include("[x]", directory), "[x]\nincludedir /etc/krb5.conf.d\n");
  for (const std::string& known : {with, std::string("[x]\nincludedir /etc/krb5.conf.d/ \n"),
                                   std::string("includedir /etc/krb5.conf.d")})
    EXPECT_EQ(with_include(known, directory), known);
  for (const std::string other : {"#includedir /etc/krb5.conf.d\n", "includedir /etc/krb5.conf.d.old\n", ""})
    EXPECT_EQ(with_include(other, directory), other + "includedir /etc/krb5.conf.d\n");
}

}  // namespace
}  // namespace ferryman::login
