#include "ferryman/mit_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/endian.h"
#include "crypto/encryption.h"
#include "crypto/keytab.h"

namespace ferryman {
namespace {

namespace attribute = kdb::attribute;
using admin::Json;
using kdb::DumpedPrincipal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

crypto::Key master_key() {
  return *crypto::Key::make(18, Octets(32, 7));
}

kdb::MasterKeys master_keys() {
  std::vector<crypto::KeytabEntry> entries;
  entries.push_back({"R.TEST", {"K", "M"}, 1, 0, 1, master_key()});
  return *kdb::MasterKeys::read(crypto::write_keytab(entries).bytes());
}

kdb::SealedKey key(std::uint32_t kvno, std::int32_t etype, std::size_t size, std::int32_t salt_type = 0) {
  kdb::SealedKey sealed{kvno, etype, salt_type, {}, {}};
  LittleEndianWriter writer(sealed.sealed);
  writer.u16(static_cast<std::uint16_t>(size));
  writer.octets(crypto::encrypt(master_key(), 0, Octets(size, 5)));
  return sealed;
}

DumpedPrincipal principal(std::string_view name, std::uint32_t attributes = attribute::requires_pre_auth) {
  DumpedPrincipal made;
  made.name = *kdb::parse_name(std::string(name) + "@R.TEST");
  made.attributes = attributes;
  made.keys = {key(1, 18, 32)};
  return made;
}

MitAccount made(const DumpedPrincipal& principal, MitOptions options = {}) {
  options.realm = "R.TEST";
  return mit_account(principal, master_keys(), options);
}

std::string kind(std::string_view name, std::uint32_t attributes = 0, MitOptions options = {}) {
  return made(principal(name, attributes), std::move(options)).account.value("kind", "none");
}

TEST(MitAccounts, AreUsersServicesAndComputers) {
  for (const char* user : {"alice", "alice/admin", "a.b", "cron/server1"})
    EXPECT_EQ(kind(user), "user") << user;
  for (const char* service :
       {"WEB$", "HTTP/www.example.com", "host/web", "Host/web", "nfs/files/R.TEST", "custom/db.example.com"})
    EXPECT_EQ(kind(service), "service") << service;
  EXPECT_EQ(kind("HTTP/www.example.com", attribute::disallow_svr), "user");
  EXPECT_EQ(kind("cron/server1", 0, {.services = {"cron/server1"}}), "service");
  EXPECT_EQ(kind("host/web", 0, {.users = {"host/web"}}), "user");
}

TEST(MitAccounts, AreNotMadeOfTheKdcItself) {
  for (const char* own :
       {"K/M", "krbtgt/R.TEST", "krbtgt/OTHER.TEST", "kadmin/admin", "kadmin/changepw", "kadmin/history",
        "kadmin/kdc.r.test", "kiprop/kdc.r.test", "WELLKNOWN/ANONYMOUS"}) {
    const MitAccount none = made(principal(own));
    EXPECT_NE(none.skipped, "") << own;
    EXPECT_TRUE(none.account.is_null()) << own;
  }
  EXPECT_THAT(made(principal("krbtgt/OTHER.TEST")).skipped, HasSubstr("a trust"));
  EXPECT_THAT(made(principal("K/M")).skipped, HasSubstr("master key"));
  EXPECT_EQ(made(principal("kadmins")).skipped, "");
}

TEST(MitAccounts, AreNotMadeOfWhatHasNoNameHere) {
  DumpedPrincipal other = principal("alice");
  other.name.realm = "S.TEST";
  EXPECT_THAT(made(other).skipped, HasSubstr("another realm, S.TEST"));
  EXPECT_THAT(made(principal("a\\/b")).skipped, HasSubstr("\"/\""));
  EXPECT_THAT(made(principal("\xff")).skipped, HasSubstr("UTF-8"));
}

TEST(MitAccounts, KeepKeysWithVersionAndSalt) {
  DumpedPrincipal alice = principal("alice");
  alice.keys = {key(3, 18, 32), key(3, 19, 16, kdb::salt_type::no_realm),
                key(3, 18, 32, kdb::salt_type::only_realm), key(2, 17, 16)};
  alice.password_changed = 1000;
  const MitAccount account = made(alice);
  const auto of = [](int kvno, int etype, std::string_view salt, std::size_t size) {
    return Json{{"kvno", kvno},
                {"etype", etype},
                {"salt", base64_of(as_bytes(salt))},
                {"key", base64_of(Octets(size, 5))}};
  };
  EXPECT_EQ(account.account.at("keys"),
            Json({of(3, 18, "R.TESTalice", 32), of(3, 19, "alice", 16), of(2, 17, "R.TESTalice", 16)}));
  EXPECT_EQ(account.account.at("password_changed"), 1000);
  EXPECT_EQ(account.details, "kvno 3: aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha256-128");
  EXPECT_THAT(account.notes, IsEmpty());
}

TEST(MitAccounts, LeaveWeakKeysBehindAndSaySo) {
  DumpedPrincipal alice = principal("alice");
  alice.keys = {key(3, 18, 32), key(3, 16, 24), key(3, 23, 16), key(3, 3, 8),
                key(3, 26, 32), key(2, 23, 16), key(3, 77, 16)};
  EXPECT_EQ(made(alice).account.at("keys").size(), 1);
  EXPECT_THAT(
      made(alice).notes,
      ElementsAre(
          "without its keys of des3-cbc-sha1-kd, rc4-hmac, des-cbc-md5, camellia256-cts-cmac, etype 77"));
  EXPECT_EQ(made(alice, {.rc4 = true}).account.at("keys").size(), 3);
  alice.keys = {key(1, 23, 16)};
  EXPECT_TRUE(made(alice).account.at("keys").empty());
  EXPECT_THAT(made(alice).notes, ElementsAre("without its keys of rc4-hmac",
                                             HasSubstr("\"ferryman realm user password\" gives")));
  DumpedPrincipal web = principal("HTTP/www.example.com");
  web.keys.clear();
  EXPECT_THAT(made(web).notes, ElementsAre(HasSubstr("service set --etypes")));
}

TEST(MitAccounts, GetNoOlderPasswordBack) {
  DumpedPrincipal alice = principal("alice");
  alice.keys = {key(3, 23, 16), key(2, 18, 32)};
  EXPECT_TRUE(made(alice).account.at("keys").empty());
  EXPECT_EQ(made(alice).details, "no key");
  EXPECT_THAT(made(alice).notes, ElementsAre("without its keys of rc4-hmac", HasSubstr("has no key")));
  alice.keys[0] = key(3, 18, 32);
  alice.keys[0].sealed.back() ^= 1;
  EXPECT_TRUE(made(alice).account.at("keys").empty());
}

TEST(MitAccounts, HaveNoMoreKeysThanAreKept) {
  DumpedPrincipal alice = principal("alice");
  alice.keys.clear();
  for (std::uint32_t kvno = 1; kvno <= 20; ++kvno) alice.keys.push_back(key(kvno, 18, 32));
  const Json keys = made(alice).account.at("keys");
  ASSERT_EQ(keys.size(), 3);
  EXPECT_EQ(keys[0].at("kvno"), 18);
  alice.name.components = {std::string(2049, 'a')};
  EXPECT_THAT(made(alice).skipped, HasSubstr("longer than any"));
}

TEST(MitAccounts, LeaveKeysBehindThatCannotBeKept) {
  DumpedPrincipal alice = principal("alice");
  alice.keys = {key(1, 18, 32, 1), key(0, 17, 16), key(1, 20, 32), key(1, 17, 15),
                key(1, 19, 16, kdb::salt_type::special)};
  alice.keys[2].sealed[9] ^= 1;
  alice.keys[4].salt.resize(4097);
  EXPECT_TRUE(made(alice).account.at("keys").empty());
  EXPECT_THAT(made(alice).notes,
              ElementsAre("without its keys of aes256-cts-hmac-sha1-96 with a salt of AFS or Kerberos 4, "
                          "aes128-cts-hmac-sha1-96 with the key version 0, "
                          "aes256-cts-hmac-sha384-192 that master key 1 does not open, "
                          "aes128-cts-hmac-sha1-96 that master key 1 does not open, "
                          "aes128-cts-hmac-sha256-128 with a salt that is too long",
                          HasSubstr("has no key")));
}

TEST(MitAccounts, KeepAttributes) {
  DumpedPrincipal alice =
      principal("alice", attribute::disallow_all_tix | attribute::requires_pwchange |
                             attribute::disallow_forwardable | attribute::requires_hw_auth);
  alice.expires = 5;
  alice.password_expires = 6;
  const MitAccount user = made(alice);
  for (const char* flag : {"disabled", "must_change", "sensitive", "key_required"})
    EXPECT_EQ(user.account.at(flag), true) << flag;
  EXPECT_EQ(user.account.at("expires"), 5);
  EXPECT_EQ(user.account.at("password_expires"), 6);
  EXPECT_TRUE(user.without_preauth);
  EXPECT_THAT(user.notes, ElementsAre(HasSubstr("+requires_hwauth")));
  const MitAccount plain = made(principal("bob"));
  for (const char* flag : {"disabled", "must_change", "sensitive", "key_required"})
    EXPECT_EQ(plain.account.at(flag), false) << flag;
  EXPECT_FALSE(plain.account.contains("expires"));
  EXPECT_FALSE(plain.without_preauth);
}

TEST(MitAccounts, OfServicesHaveWhatServicesHave) {
  DumpedPrincipal web = principal("HTTP/www.example.com",
                                  attribute::ok_as_delegate | attribute::requires_pwchange |
                                      attribute::ok_to_auth_as_delegate | attribute::disallow_renewable);
  web.password_expires = 6;
  const MitAccount service = made(web);
  EXPECT_EQ(service.account.at("ok_as_delegate"), true);
  EXPECT_EQ(service.account.at("trusted_to_auth"), true);
  for (const char* none : {"must_change", "password_expires", "sensitive"})
    EXPECT_FALSE(service.account.contains(none)) << none;
  EXPECT_THAT(service.notes, ElementsAre("without -allow_renewable, which there is none of here"));
}

}  // namespace
}  // namespace ferryman
