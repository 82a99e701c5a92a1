#include "login/credential_caches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "der/writer.h"
#include "kerberos/numbers.h"
#include "kerberos/parts.h"
#include "login/kcm_server.h"

namespace ferryman::login {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::int64_t noon = 4070952000;  // 2099-01-01 12:00:00

std::string by_type(const testing::TestParamInfo<std::string>& type) {
  return type.param;
}

// A ticket that libkrb5 can read, but for what is encrypted in it.
Octets ticket_for(const kerberos::Name& service, std::int32_t etype) {
  const Octets cipher(64, 1);
  kerberos::Ticket ticket{"CLOUD.EXAMPLE.COM", service.view(), {etype, 1, cipher}};
  Octets buffer(1000);
  der::Writer writer(buffer);
  write(writer, ticket);
  const Bytes der = writer.finish().value();
  return {der.begin(), der.end()};
}

struct Account {
  explicit Account(std::string_view user, std::string_view of = "CLOUD.EXAMPLE.COM")
      : name(1, {user}), realm(of) {}
  Client client() const { return {name.view(), realm}; }

  kerberos::Name name;
  std::string_view realm;
};

// libkrb5 and klist see the caches of a test's own, of one type after the other.
class CredentialCachesTest : public testing::TestWithParam<std::string> {
 protected:
  CredentialCachesTest() {
    std::string name = std::filesystem::temp_directory_path() / "caches.XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::ofstream(directory_ + "/krb5.conf")
        << "[libdefaults]\n  default_realm = CLOUD.EXAMPLE.COM\n  kcm_socket = " << directory_
        << "/kcm.sock\n";
    ::setenv("KRB5_CONFIG", (directory_ + "/krb5.conf").c_str(), 1);
    ::setenv("TZ", "UTC", 1);
    ::setenv("LC_ALL", "C", 1);
  }
  ~CredentialCachesTest() override {
    run("kdestroy -A");
    std::filesystem::remove_all(directory_);
  }

  void SetUp() override {
    const std::string& type = GetParam();
    if (type == "KCM" && ::geteuid() != 0) GTEST_SKIP() << "sssd_kcm needs root";
    std::string cache = type;
    if (type == "FILE") cache = "FILE:" + directory_ + "/cache";
    if (type == "DIR") cache = "DIR:" + directory_ + "/caches";
    if (type == "KEYRING") cache = "KEYRING:user:test" + std::to_string(::getpid());
    if (type == "KCM") {
      cache = "KCM:";
      kcm_.emplace(directory_);
    }
    ::setenv("KRB5CCNAME", cache.c_str(), 1);
  }

  static std::string run(const std::string& line) {
    std::FILE* pipe = ::popen((line + " 2>&1").c_str(), "r");
    std::string output;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
      output.append(part.data(), size);
    ::pclose(pipe);
    return output;
  }

  // A TGT, and a ticket for HTTP/www.example.com.
  static Outcome<std::string> store(const Account& account) {
    return CredentialCaches::open().value().store(account.client(), std::array{tgt(), service_ticket()});
  }

  static Credential tgt() {
    static const kerberos::Name krbtgt(2, {"krbtgt", "CLOUD.EXAMPLE.COM"});
    static const Octets key(32, 7), ticket = ticket_for(krbtgt, 18);
    static const kerberos::EncKdcRepPart part = [] {
      kerberos::EncKdcRepPart made;
      made.key = {18, key};
      made.flags = kerberos::ticket_flag::initial | kerberos::ticket_flag::forwardable |
                   kerberos::ticket_flag::renewable;
      made.authtime = noon;
      made.starttime = noon + 1;
      made.endtime = noon + 3600;
      made.renew_till = noon + 86400;
      made.srealm = "CLOUD.EXAMPLE.COM";
      made.sname = krbtgt.view();
      return made;
    }();
    return {part, ticket};
  }

  static Credential service_ticket() {
    static const kerberos::Name www(2, {"HTTP", "www.example.com"});
    static const Octets key(16, 9), ticket = ticket_for(www, 18);
    static const kerberos::EncKdcRepPart part = [] {
      kerberos::EncKdcRepPart made;
      made.key = {17, key};
      made.authtime = noon;
      made.endtime = noon + 60;
      made.srealm = "OTHER.EXAMPLE.COM";
      made.sname = www.view();
      return made;
    }();
    return {part, ticket};
  }

  // A cache with an account's tickets as a logon hands it over.
  std::string handed_over(const Account& account) const {
    const std::string own = ::getenv("KRB5CCNAME");
    const std::string name = "FILE:" + directory_ + "/from." + std::string(account.realm);
    ::setenv("KRB5CCNAME", name.c_str(), 1);
    EXPECT_EQ(store(account), name);
    ::setenv("KRB5CCNAME", own.c_str(), 1);
    return name;
  }

  std::string directory_;
  std::optional<KcmServer> kcm_;
  const Account alice_{"alice"}, bob_{"bob"}, alice_there_{"alice", "AD.EXAMPLE.COM"};
};

TEST_P(CredentialCachesTest, ShowsKlistWhatWasStored) {
  const auto name = store(alice_);
  ASSERT_TRUE(name.has_value()) << name.error().text;
  const std::string shown = run("klist -fe");
  EXPECT_THAT(shown, StartsWith("Ticket cache: " + *name + "\nDefault principal: alice@CLOUD.EXAMPLE.COM\n"));
  EXPECT_THAT(shown,
              HasSubstr("01/01/99 12:00:01  01/01/99 13:00:00  krbtgt/CLOUD.EXAMPLE.COM@CLOUD.EXAMPLE.COM\n"
                        "\trenew until 01/02/99 12:00:00, Flags: FRI"));
  EXPECT_THAT(shown,
              HasSubstr("01/01/99 12:00:00  01/01/99 12:01:00  HTTP/www.example.com@OTHER.EXAMPLE.COM"));
  EXPECT_THAT(shown, HasSubstr("Etype (skey, tkt): aes256-cts-hmac-sha1-96, aes256-cts-hmac-sha1-96"));
  EXPECT_THAT(shown, HasSubstr("Etype (skey, tkt): aes128-cts-hmac-sha1-96, aes256-cts-hmac-sha1-96"));
}

TEST_P(CredentialCachesTest, TakesThePlaceOfTheAccountsOldTickets) {
  const auto first = store(alice_);
  ASSERT_TRUE(first.has_value()) << first.error().text;
  EXPECT_EQ(CredentialCaches::open().value().store(alice_.client(), std::array{tgt()}), *first);
  EXPECT_THAT(run("klist"), Not(HasSubstr("HTTP/")));
}

TEST_P(CredentialCachesTest, RemovesTheAccountsTickets) {
  ASSERT_TRUE(store(alice_).has_value());
  auto caches = CredentialCaches::open();
  EXPECT_TRUE(caches->remove(alice_.client()).has_value());
  EXPECT_EQ(run("klist -s; echo $?"), "1\n");
  EXPECT_TRUE(caches->remove(alice_.client()).has_value()) << "gone already";
}

TEST_P(CredentialCachesTest, RemovesTheAccountsTicketsFromACacheByItsName) {
  const auto name = store(alice_);
  ASSERT_TRUE(name.has_value());
  ::setenv("KRB5CCNAME", "MEMORY:other", 1);
  auto caches = CredentialCaches::open();
  EXPECT_TRUE(caches->remove(alice_.client()).has_value());
  EXPECT_TRUE(caches->remove(bob_.client(), *name).has_value());
  EXPECT_EQ(run("klist -s " + *name + "; echo $?"), "0\n") << "it is not bob's";
  EXPECT_TRUE(caches->remove(alice_.client(), *name).has_value());
  EXPECT_EQ(run("klist -s " + *name + "; echo $?"), "1\n");
  EXPECT_TRUE(caches->remove(alice_.client(), *name).has_value()) << "gone already";
}

INSTANTIATE_TEST_SUITE_P(Of, CredentialCachesTest, testing::Values("FILE", "DIR", "KEYRING", "KCM"), by_type);

class CollectionTest : public CredentialCachesTest {};

TEST_P(CollectionTest, HoldsASecondAccountBesideTheFirst) {
  const auto alices = store(alice_), bobs = store(bob_);
  ASSERT_TRUE(alices.has_value() && bobs.has_value());
  EXPECT_NE(*alices, *bobs);
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@"));
  EXPECT_THAT(run("klist -l"), HasSubstr("bob@CLOUD.EXAMPLE.COM"));

  auto caches = CredentialCaches::open();
  EXPECT_TRUE(caches->make_primary(bob_.client()).has_value());
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: bob@"));
  EXPECT_EQ(store(alice_), *alices);
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: bob@"))
      << "fresh tickets leave the primary cache as it is";

  EXPECT_TRUE(caches->remove(bob_.client()).has_value());
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@"));
  EXPECT_THAT(run("klist -l"), Not(HasSubstr("bob")));
}

TEST_P(CollectionTest, LeavesOtherAccountsAsTheyAre) {
  ASSERT_TRUE(store(alice_).has_value());
  EXPECT_TRUE(CredentialCaches::open()->remove(bob_.client()).has_value());
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@"));
  EXPECT_EQ(CredentialCaches::open()->make_primary(bob_.client()).error().fault, Fault::failed);
}

TEST_P(CollectionTest, ShowsASessionAllTicketsOfALogonAndLosesThemTogether) {
  ASSERT_TRUE(store(bob_).has_value());
  auto caches = CredentialCaches::open();
  const auto first = caches->store_from(handed_over(alice_));
  ASSERT_TRUE(first.has_value()) << first.error().text;
  EXPECT_EQ(caches->name_for_session(*first), std::string(::getenv("KRB5CCNAME")));
  EXPECT_TRUE(caches->store_from(handed_over(alice_there_)).has_value());
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@CLOUD.EXAMPLE.COM"));
  EXPECT_THAT(run("klist -l"), HasSubstr("alice@AD.EXAMPLE.COM"));
  EXPECT_TRUE(CredentialCaches::open()->remove_default().has_value());
  EXPECT_THAT(run("klist -l"), Not(HasSubstr("alice")));
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: bob@"));
}

TEST_P(CollectionTest, KeepsWhatWasFilledAnewSinceTheLogon) {
  auto caches = CredentialCaches::open();
  ASSERT_TRUE(caches->store_from(handed_over(alice_)).has_value());
  ASSERT_TRUE(store(alice_).has_value());
  EXPECT_TRUE(CredentialCaches::open()->remove_default().has_value());
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@"));
}

INSTANTIATE_TEST_SUITE_P(Of, CollectionTest, testing::Values("DIR", "KEYRING", "KCM"), by_type);

class FileCacheTest : public CredentialCachesTest {};

TEST_P(FileCacheTest, HasRoomForOneAccount) {
  ASSERT_TRUE(store(alice_).has_value());
  const auto refused = store(bob_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, Fault::occupied);
  EXPECT_THAT(refused.error().text, HasSubstr("cache holds another account's tickets"));
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@"));
}

TEST_P(FileCacheTest, HasOneOfAnotherRealmBesideIt) {
  const auto primary = store(alice_);
  ASSERT_TRUE(primary.has_value());
  EXPECT_TRUE(CredentialCaches::open()->has_room_for(alice_there_.client()).value());
  EXPECT_FALSE(CredentialCaches::open()->has_room_for(bob_.client()).value());
  const std::string beside = *primary + ".AD.EXAMPLE.COM";
  EXPECT_EQ(store(alice_there_), beside);
  EXPECT_EQ(store(alice_there_), beside) << "in place of what is there";
  EXPECT_EQ(store(alice_), *primary);
  EXPECT_THAT(run("klist " + beside), HasSubstr("Default principal: alice@AD.EXAMPLE.COM"));
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@CLOUD.EXAMPLE.COM"));

  const Account bob_there("bob", "AD.EXAMPLE.COM");
  EXPECT_EQ(store(bob_there), beside);
  EXPECT_TRUE(CredentialCaches::open()->remove(alice_there_.client()).has_value());
  EXPECT_THAT(run("klist " + beside), HasSubstr("Default principal: bob@")) << "it was not alice's any more";
  EXPECT_TRUE(CredentialCaches::open()->remove(bob_there.client()).has_value());
  EXPECT_EQ(run("klist -s " + beside + "; echo $?"), "1\n");
  EXPECT_THAT(run("klist"), HasSubstr("Default principal: alice@CLOUD.EXAMPLE.COM"));
}

TEST_P(FileCacheTest, GoesWithWhatIsBesideIt) {
  const auto primary = store(alice_), beside = store(alice_there_);
  ASSERT_TRUE(primary.has_value() && beside.has_value());
  EXPECT_EQ(CredentialCaches::open()->name_for_session(*primary), *primary);
  std::ofstream(directory_ + "/cache.txt") << "another file";
  std::filesystem::copy_file(directory_ + "/cache", directory_ + "/cache.bak");
  EXPECT_TRUE(CredentialCaches::open()->remove_default().has_value());
  for (const std::string& each : {*primary, *beside})
    EXPECT_EQ(run("klist -s " + each + "; echo $?"), "1\n") << each;
  for (const char* hers : {"/cache.txt", "/cache.bak"})
    EXPECT_TRUE(std::filesystem::exists(directory_ + hers)) << hers;
}

TEST_P(FileCacheTest, BelievesNoFileOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_TRUE(store(alice_).has_value());
  ASSERT_TRUE(store(alice_there_).has_value());
  const std::string path = directory_ + "/cache.AD.EXAMPLE.COM";
  ASSERT_EQ(::chown(path.c_str(), 1, 1), 0);
  EXPECT_FALSE(CredentialCaches::open()->tgt_end(alice_there_.client()).value());
}

INSTANTIATE_TEST_SUITE_P(Of, FileCacheTest, testing::Values("FILE"), by_type);

}  // namespace
}  // namespace ferryman::login
