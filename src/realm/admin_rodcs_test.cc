#include <gmock/gmock.h>

#include "base/base64.h"
#include "crypto/keytab.h"
#include "kerberos/numbers.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class AdminRodcs : public AdministrationTest {
 protected:
  AdminRodcs() {
    for (const char* name : {"remote", "admins"}) do_it("group.add", {{"name", name}});
  }
  // The only entry.
  static crypto::KeytabEntry entry_of(const Json& reply) {
    const auto octets = secret_of_base64(reply["keytab"].get<std::string>());
    auto entries = crypto::read_keytab(octets->bytes());
    EXPECT_EQ(entries->size(), 1U);
    return std::move(entries->front());
  }
  bool is_key(std::uint16_t number, std::uint32_t version, const crypto::Key& key) {
    const auto kept = directory_->rodc_key(tenant_, number, version);
    return kept && equal_in_constant_time(kept->key.bytes(), key.octets());
  }
};

TEST_F(AdminRodcs, AreAddedWithAKeyThatIsGivenOutOnce) {
  const Json made = do_it("rodc.add", {{"name", "40000"}, {"allow", {"remote"}}, {"deny", {"Admins"}}});
  EXPECT_EQ(made["name"], "krbtgt_40000");
  EXPECT_EQ(made["number"], 40'000);
  EXPECT_EQ(made["kvno"], 40'000U << 16U | 1U);
  EXPECT_EQ(made["version"], 1);
  EXPECT_EQ(made["created"], now_);
  EXPECT_EQ(made["key_changed"], now_);
  EXPECT_EQ(made["allowed"], Json{"remote"});
  EXPECT_EQ(made["denied"], Json{"admins"});
  const crypto::KeytabEntry entry = entry_of(made);
  EXPECT_EQ(entry.principal(), "krbtgt/EXAMPLE.COM@EXAMPLE.COM");
  EXPECT_EQ(entry.kvno, 40'000U << 16U | 1U);
  EXPECT_EQ(entry.key.etype(), kerberos::etype::aes256_sha1);
  EXPECT_TRUE(is_key(40'000, 1, entry.key));
  const Json shown = do_it("rodc.show", {{"name", "krbtgt_40000"}});
  EXPECT_FALSE(shown.contains("keytab"));
  EXPECT_EQ(shown.size(), 8U);
  const Json event = last_event();
  EXPECT_EQ(event["action"], "rodc.add");
  EXPECT_EQ(event["object"], "krbtgt_40000");
  EXPECT_EQ(event["changed"], "allow,deny");
}

TEST_F(AdminRodcs, VouchForNobodyWhereNobodyIsSaid) {
  EXPECT_EQ(do_it("rodc.add", {{"name", "7"}})["allowed"], Json::array());
}

TEST_F(AdminRodcs, HaveNumbers) {
  for (const char* name : {"", "0", "65536", "-1", "+1", "1x", "krbtgt_", "krbtgt", "1.5", " 1"})
    EXPECT_THAT(refused("rodc.add", {{"name", name}}),
                HasSubstr("is no number of a read-only domain controller"))
        << name;
  do_it("rodc.add", {{"name", "krbtgt_65535"}});
  EXPECT_THAT(refused("rodc.add", {{"name", "65535"}}),
              StartsWith("already_exists krbtgt_65535 cannot be added"));
  EXPECT_THAT(refused("rodc.add", {{"name", "8"}, {"allow", {"nobody"}}}),
              StartsWith("not_found There is no group nobody"));
  EXPECT_EQ(last_event()["object"], "krbtgt_8");
  EXPECT_THAT(refused("rodc.show", {{"name", "8"}}),
              StartsWith("not_found There is no read-only domain controller krbtgt_8"));
}

TEST_F(AdminRodcs, AreSet) {
  do_it("rodc.add", {{"name", "7"}, {"allow", {"remote"}}});
  const Json set = do_it("rodc.set", {{"name", "7"}, {"allow", {"admins"}}, {"deny", {"Domain Computers"}}});
  EXPECT_EQ(set["allowed"], (Json{"admins", "remote"}));
  EXPECT_EQ(set["denied"], Json{"Domain Computers"});
  EXPECT_EQ(set["version"], 1) << "its key stays";
  EXPECT_FALSE(set.contains("keytab"));
  const Json less =
      do_it("rodc.set", {{"name", "7"}, {"remove_allow", {"remote"}}, {"remove_deny", {"Domain Computers"}}});
  EXPECT_EQ(less["allowed"], Json{"admins"});
  EXPECT_EQ(less["denied"], Json::array());
  EXPECT_THAT(refused("rodc.set", {{"name", "7"}, {"remove_deny", {"remote"}}}), HasSubstr("was not denied"));
  EXPECT_THAT(refused("rodc.set", {{"name", "7"}}), HasSubstr("say what is to be set"));
  EXPECT_EQ(last_event()["result"], "failure");
}

TEST_F(AdminRodcs, GetAnotherKeyBesideTheFormer) {
  const crypto::KeytabEntry first = entry_of(do_it("rodc.add", {{"name", "7"}}));
  now_ += 60;
  const Json rotated = do_it("rodc.rotate", {{"name", "7"}});
  const crypto::KeytabEntry second = entry_of(rotated);
  EXPECT_EQ(rotated["version"], 2);
  EXPECT_EQ(rotated["key_changed"], now_);
  EXPECT_EQ(second.kvno, 7U << 16U | 2U);
  EXPECT_TRUE(is_key(7, 1, first.key));
  EXPECT_TRUE(is_key(7, 2, second.key));
  const crypto::KeytabEntry third = entry_of(do_it("rodc.rotate", {{"name", "7"}, {"forget_former", true}}));
  EXPECT_FALSE(is_key(7, 2, second.key));
  EXPECT_TRUE(is_key(7, 3, third.key));
  EXPECT_EQ(last_event()["action"], "rodc.rotate");
}

TEST_F(AdminRodcs, AreListedAndRemoved) {
  for (const char* name : {"10", "9"}) do_it("rodc.add", {{"name", name}});
  const Json first = do_it("rodc.list", {{"limit", 1}});
  EXPECT_EQ(first["rodcs"][0]["name"], "krbtgt_9");
  const Json rest = do_it("rodc.list", {{"after", first["next"]}});
  EXPECT_EQ(rest["rodcs"][0]["name"], "krbtgt_10");
  EXPECT_EQ(rest["next"], "");
  EXPECT_EQ(do_it("rodc.remove", {{"name", "9"}})["name"], "krbtgt_9");
  EXPECT_EQ(last_event()["action"], "rodc.remove");
  EXPECT_THAT(refused("rodc.remove", {{"name", "9"}}), StartsWith("not_found"));
}

TEST_F(AdminRodcs, LeaveNoKeyInTheLog) {
  const std::string keytab = do_it("rodc.add", {{"name", "7"}})["keytab"];
  EXPECT_EQ(log_text().find(keytab.substr(0, 40)), std::string::npos);
}

}  // namespace
}  // namespace ferryman::realm
