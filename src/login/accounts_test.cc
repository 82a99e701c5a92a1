#include "login/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "keys/software_store.h"
#include "keys/swtpm.h"
#include "login/enrolment.h"
#include "login/session.h"
#include "pki/private_key.h"

namespace ferryman::login {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char tenant_id[] = "6f9619ff-8b86-4011-b42d-00c04fc964ff";

Account account_of(const std::string& name, char last = '1', std::int64_t enrolled = 1) {
  static const auto key = pki::PrivateKey::generate_p256().public_key();
  Account account{.url = "https://gw.test", .tenant = "example", .ca_file = {}, .user_key = key};
  account.person = {std::string("00112233-4455-6677-8899-aabbccddeef") + last, tenant_id,
                    name + "@cloud.test", "A"};
  account.device_id = "11112233-4455-6677-8899-aabbccddeeff";
  account.enrolled = enrolled;
  return account;
}

AccountKeys keys_of(std::string_view text) {
  return {Secret(as_bytes(text)), Secret(as_bytes("device")), Secret(as_bytes("transport")), Octets(300, 7)};
}

class AccountsTest : public testing::Test {
 protected:
  AccountsTest() {
    std::string name = std::filesystem::temp_directory_path() / "accounts.XXXXXX";
    above_ = ::mkdtemp(name.data());
  }
  ~AccountsTest() override { std::filesystem::remove_all(above_); }

  std::string path() const { return above_ + "/ferryman"; }
  Accounts opened() const { return Accounts::open(path()).value(); }
  void enroll(const Account& account, std::string_view key = "key") const {
    ASSERT_TRUE(Accounts::open(path()).has_value());
    const auto made = EnrolledAccount::make(path(), account).value();
    ASSERT_TRUE(made.write_keys(keys_of(key)).has_value());
    ASSERT_TRUE(made.write_account().has_value());
  }
  static SessionRecord record() {
    SessionRecord record;
    record.signed_in = record.renewed = 1'800'000'000;
    record.prt_expires = 1'800'100'000;
    record.kerberos_url = "https://gw.test/example/kerberos";
    record.top_level_names = {".cloud.test"};
    record.client = {"alice", "a/b@c"};
    record.realm = "CLOUD.TEST";
    record.ticket_expires = 1'800'036'000;
    record.cache = "FILE:/tmp/x";
    record.ccname = "FILE:/tmp/x";
    return record;
  }

  std::string above_;
};

TEST_F(AccountsTest, AnAccountComesBack) {
  Account account = account_of("alice");
  account.place = {KeyPlace::Kind::tpm, "swtpm:path=/x", Octets{1, 2, 3}};
  account.ca_file = "/tmp/ca.pem";
  enroll(account, "the user's key");
  const Accounts accounts = opened();
  ASSERT_EQ(accounts.all().size(), 1U);
  const EnrolledAccount& found = accounts.all()[0];
  EXPECT_EQ(account_text(found.account()), account_text(account));
  EXPECT_EQ(found.account().place.root, account.place.root);
  const auto keys = found.keys().value();
  EXPECT_EQ(as_text(keys.user.bytes()), "the user's key");
  EXPECT_EQ(keys.certificate, Octets(300, 7));
}

TEST_F(AccountsTest, OneThatWasInterruptedIsNone) {
  const auto made = EnrolledAccount::make(path(), account_of("alice")).value();
  ASSERT_TRUE(made.write_keys(keys_of("the first")).has_value());
  EXPECT_TRUE(opened().all().empty());
  enroll(account_of("alice"), "the second");
  ASSERT_EQ(opened().all().size(), 1U);
  EXPECT_EQ(as_text(opened().all()[0].keys()->user.bytes()), "the second");
}

TEST_F(AccountsTest, TheFirstIsMeantWhereNoneIsNamed) {
  EXPECT_THAT(opened().choose("").error().text, HasSubstr("ferryman enroll"));
  enroll(account_of("bob", '2', 20));
  enroll(account_of("alice", '1', 30));
  enroll(account_of("carol", '3', 10));
  const Accounts accounts = opened();
  const auto upn = [&](std::string_view user) { return accounts.choose(user).value()->account().person.upn; };
  EXPECT_EQ(upn(""), "carol@cloud.test");
  EXPECT_EQ(upn("ALICE"), "alice@cloud.test");
  EXPECT_EQ(upn("bob@Cloud.test"), "bob@cloud.test");
  EXPECT_THAT(accounts.choose("dora").error().text, HasSubstr("carol@cloud.test, bob@cloud.test"));
  enroll(account_of("alice", '4', 40));
  EXPECT_THAT(opened().choose("alice").error().text, HasSubstr("either of"));
  Account elsewhere = account_of("alice", '5', 50);
  elsewhere.tenant = "other";
  enroll(elsewhere);
  EXPECT_EQ(opened().choose("Other/alice").value()->account().person.id, elsewhere.person.id);
}

TEST_F(AccountsTest, ASecondOneOfTheSameUserIsRefusedBeforeItsCodeIsUsed) {
  enroll(account_of("alice"));
  const auto check = [&](const char* url, const char* tenant, const char* user) {
    return check_is_new(opened(), {url, tenant, user});
  };
  EXPECT_THAT(check("https://gw.test", "Example", "Alice").error().text, HasSubstr("unenroll"));
  EXPECT_NE(find_enrolled(opened(), {"https://gw.test", "Example", "Alice"}), nullptr);
  EXPECT_EQ(find_enrolled(opened(), {"https://gw.test", "other", "alice"}), nullptr);
  EXPECT_TRUE(check("https://gw.test", "example", "bob").has_value());
  EXPECT_TRUE(check("https://gw.test", "other", "alice").has_value());
  EXPECT_TRUE(check("https://other.test", "example", "alice").has_value());
}

TEST_F(AccountsTest, WithTheLockTheyAreWhatTheyAre) {
  Accounts accounts = opened();
  enroll(account_of("alice"));
  EXPECT_EQ(accounts.find(account_of("alice").person), nullptr);
  const auto held = accounts.lock();
  ASSERT_TRUE(held.has_value());
  EXPECT_NE(accounts.find(account_of("alice").person), nullptr);
  EXPECT_EQ(opened().lock().error().fault, Fault::busy);
}

TEST_F(AccountsTest, ASessionComesBackAndGoes) {
  enroll(account_of("alice"));
  const Accounts accounts = opened();
  const EnrolledAccount& account = accounts.all()[0];
  keys::SoftwareStore store;
  EXPECT_FALSE(account.session(store).value().has_value());
  EXPECT_FALSE(account.record().value().has_value());
  const Session session{Secret(as_bytes("a.b.c")), Secret(Octets(32, 9))};
  ASSERT_TRUE(account.write_session(store, session, record()).has_value());
  const auto found = account.session(store).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(as_text(found->prt.bytes()), "a.b.c");
  EXPECT_TRUE(equal_in_constant_time(found->key.bytes(), session.key.bytes()));
  const auto kept = account.record().value();
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(record_text(*kept), record_text(record()));
  EXPECT_EQ(kept->principal(), "alice/a\\/b\\@c@CLOUD.TEST");
  ASSERT_TRUE(account.remove_session().has_value());
  EXPECT_FALSE(account.session(store).value().has_value());
  EXPECT_FALSE(account.record().value().has_value());
}

TEST_F(AccountsTest, ARenewalWithoutATicketForgetsNoneThatIsThere) {
  enroll(account_of("alice"));
  const Accounts accounts = opened();
  const EnrolledAccount& account = accounts.all()[0];
  keys::SoftwareStore store;
  ASSERT_TRUE(account.write_record(record()).has_value());
  SignIn renewed{{Secret(as_bytes("a.b.c")), Secret(Octets(32, 9))},
                 std::chrono::seconds{3600},
                 {},
                 std::nullopt,
                 std::nullopt,
                 {".cloud.test"}};
  const auto kept =
      keep(accounts, account, store, std::move(renewed), {record().kerberos_url, 1, 1'800'000'200});
  ASSERT_TRUE(kept.has_value()) << kept.error().text;
  EXPECT_TRUE(kept->no_ticket);
  const auto found = account.record().value().value();
  EXPECT_EQ(found.principal(), record().principal());
  EXPECT_EQ(found.cache, record().cache);
  EXPECT_EQ(found.ticket_expires, record().ticket_expires);
  EXPECT_EQ(found.renewed, 1'800'000'200);
  EXPECT_FALSE(found.no_ticket.empty());
  EXPECT_EQ(realm_of(account)->realm, "CLOUD.TEST");
}

TEST_F(AccountsTest, SigningOutTakesTheTokensAlsoWhereTicketsCannotBeRemoved) {
  enroll(account_of("alice"));
  const Accounts accounts = opened();
  const EnrolledAccount& account = accounts.all()[0];
  keys::SoftwareStore store;
  const Session session{Secret(as_bytes("a.b.c")), Secret(Octets(32, 9))};
  ASSERT_TRUE(account.write_session(store, session, record()).has_value());
  ::setenv("KRB5CCNAME", "NOSUCHTYPE:x", 1);
  const auto done = sign_out(account);
  ::unsetenv("KRB5CCNAME");
  EXPECT_FALSE(done.has_value());
  EXPECT_FALSE(account.session(store).value().has_value());
  EXPECT_FALSE(account.record().value().has_value());
}

TEST_F(AccountsTest, ADomainIsARealmBehindThoseOfTheCloud) {
  keys::SoftwareStore store;
  const Session session{Secret(as_bytes("a.b.c")), Secret(Octets(32, 9))};
  Account first = account_of("alice", '1', 1);
  first.ca_file = "/tmp/ca.pem";
  enroll(first);
  enroll(account_of("bob", '2', 2));
  const Accounts accounts = opened();
  SessionRecord kept = record();
  kept.on_premises.no_ticket = "nobody answers";
  ASSERT_TRUE(accounts.all()[0].write_session(store, session, kept).has_value());
  EXPECT_EQ(realms_of(accounts).size(), 1U) << "a domain that gave no ticket is none";
  kept.on_premises.client = {"alice"};
  kept.on_premises.realm = "AD.TEST";
  kept.on_premises.kdc_url = "https://gw.test/KdcProxy";
  ASSERT_TRUE(accounts.all()[0].write_session(store, session, kept).has_value());
  SessionRecord other = record();
  other.realm = "OTHER.TEST";
  ASSERT_TRUE(accounts.all()[1].write_session(store, session, other).has_value());
  const auto realms = realms_of(accounts);
  ASSERT_EQ(realms.size(), 3U);
  EXPECT_EQ(realms[0].realm, "CLOUD.TEST");
  EXPECT_EQ(realms[1].realm, "OTHER.TEST");
  EXPECT_EQ(realms[2].realm, "AD.TEST");
  const std::string text = realm_sections({&realms[2], 1});
  EXPECT_THAT(text, HasSubstr("    AD.TEST = {\n        kdc = https://gw.test/KdcProxy\n"));
  EXPECT_THAT(text, HasSubstr("http_anchors = FILE:/tmp/ca.pem"));
  EXPECT_THAT(text, HasSubstr("    ad.test = AD.TEST\n    .ad.test = AD.TEST\n"));
}

TEST_F(AccountsTest, ATpmSealsTheSession) {
  const keys::Swtpm tpm;
  Account account = account_of("alice");
  account.place = {KeyPlace::Kind::tpm, tpm.tcti()};
  {
    const auto store = account.place.open().value();
    enroll(account);
    const Session session{Secret(as_bytes("the.prt")), Secret(Octets(32, 9))};
    const Accounts accounts = opened();
    ASSERT_TRUE(accounts.all()[0].write_session(*store, session, record()).has_value());
    EXPECT_EQ(as_text(accounts.all()[0].session(*store).value()->prt.bytes()), "the.prt");
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    EXPECT_THAT(text, Not(HasSubstr("the.prt"))) << entry.path();
  }
  const keys::Swtpm another;
  KeyPlace moved{KeyPlace::Kind::tpm, another.tcti(), account.place.root};
  const auto refused = moved.open();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().text, HasSubstr("not the one"));
}

TEST_F(AccountsTest, WhatIsDamagedIsTold) {
  enroll(account_of("alice"));
  const std::string file = std::filesystem::directory_iterator(path())->path().string() + "/account.json";
  for (const std::string text : {"", "{}", "{\"version\": 2}", "[]"}) {
    std::ofstream(file, std::ios::trunc) << text;
    const auto accounts = Accounts::open(path());
    ASSERT_FALSE(accounts.has_value()) << text;
    EXPECT_THAT(accounts.error().text, HasSubstr("account.json")) << text;
  }
}

TEST_F(AccountsTest, OneIsRemovedWithAllItsFiles) {
  enroll(account_of("alice", '1', 1));
  enroll(account_of("bob", '2', 2));
  Accounts accounts = opened();
  ASSERT_TRUE(accounts.remove(accounts.all()[0]).has_value());
  ASSERT_EQ(accounts.all().size(), 1U);
  EXPECT_EQ(accounts.all()[0].account().person.upn, "bob@cloud.test");
  EXPECT_EQ(opened().all().size(), 1U);
}

TEST_F(AccountsTest, ErrorsAreKeptUntilSomethingGoesWell) {
  enroll(account_of("alice"));
  const Accounts accounts = opened();
  const EnrolledAccount& account = accounts.all()[0];
  account.set_last_error(LastError{12, "it went wrong"});
  EXPECT_EQ(account.last_error()->text, "it went wrong");
  account.set_last_error(std::nullopt);
  EXPECT_FALSE(account.last_error().has_value());
}

TEST(ServiceUrl, HasANormalForm) {
  EXPECT_EQ(service_url("gw.test").value(), "https://gw.test");
  EXPECT_EQ(service_url("https://gw.test:8443/").value(), "https://gw.test:8443");
  for (const char* text :
       {"", "http://gw.test", "https://", "https:///x", "gw.test?x", "user@gw.test", "a b", "a\nb"})
    EXPECT_FALSE(service_url(text).has_value()) << text;
}

}  // namespace
}  // namespace ferryman::login
