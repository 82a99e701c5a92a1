#include "login/on_premises.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kerberos/kile_padata.h"
#include "login/credential_caches.h"
#include "login/recorded_client.h"
#include "login/test_domain.h"
#include "signin/prt_answer.h"

namespace ferryman::login {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char url[] = "https://gw.test/KdcProxy", ca_file[] = "/etc/ssl/gw.pem";
constexpr std::int64_t now = 1'800'000'100, noon = 4'070'952'000;

// A user's caches, in which the cloud's ticket is, and a domain controller.
class OnPremisesTest : public testing::Test {
 protected:
  OnPremisesTest() {
    std::string name = std::filesystem::temp_directory_path() / "domain.XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::ofstream(directory_ + "/krb5.conf") << "[libdefaults]\n  default_realm = CLOUD.TEST\n";
    ::setenv("KRB5_CONFIG", (directory_ + "/krb5.conf").c_str(), 1);
    use("DIR");
  }
  ~OnPremisesTest() override {
    ::unsetenv("KRB5CCNAME");
    std::filesystem::remove_all(directory_);
  }

  void use(const std::string& type) {
    std::filesystem::remove_all(directory_ + "/caches");
    ::setenv("KRB5CCNAME", (type + ":" + directory_ + "/caches").c_str(), 1);
    record_ = {};
    record_.client = {"alice"};
    record_.realm = "CLOUD.TEST";
    record_.cache = store({"alice"}, "CLOUD.TEST");
  }

  static std::string store(const std::vector<std::string>& client, std::string_view realm) {
    const kerberos::Name krbtgt(2, {"krbtgt", realm});
    const Octets key(32, 7), cipher(64, 1);
    const Octets ticket = kerberos::encode(kerberos::Ticket{realm, krbtgt.view(), {18, 1, cipher}});
    kerberos::EncKdcRepPart part;
    part.key = {18, key};
    part.endtime = noon;
    part.srealm = realm;
    part.sname = krbtgt.view();
    const Credential credential{part, ticket};
    return CredentialCaches::open()->store(RecordedClient(client, realm).get(), {&credential, 1}).value();
  }
  static std::optional<std::int64_t> end(const std::vector<std::string>& client, std::string_view realm) {
    return CredentialCaches::open()->tgt_end(RecordedClient(client, realm).get()).value();
  }

  // What it answers; asked_ counts.
  AskDomain controller(const TestReply& reply = {}) {
    return [this, reply](const std::string& realm, Bytes message) -> Outcome<DomainAnswer> {
      ++asked_;
      EXPECT_EQ(realm, test_domain);
      return DomainAnswer{TestDomain::answer(domain_.open(message).value(), reply), url, ca_file};
    };
  }
  ListedKeys exchange(const AskDomain& ask, bool wants_keys = false) {
    const TestDomain::Partial partial = domain_.partial();
    const std::string text =
        signin::ticket_text({partial.as_rep, partial.key.octets(), "AD.TEST"}, prt_session_key_);
    return login::exchange({as_bytes(text), prt_session_key_, now, wants_keys}, ask, record_);
  }

  std::string directory_;
  TestDomain domain_;
  const Octets prt_session_key_ = Octets(32, 3);
  SessionRecord record_;
  int asked_ = 0;
};

TEST_F(OnPremisesTest, TheFullTicketLiesBesideTheClouds) {
  EXPECT_EQ(exchange(controller()), std::nullopt);
  const OnPremises& made = record_.on_premises;
  EXPECT_EQ(made.no_ticket, "");
  EXPECT_EQ(made.principal(), "alice@AD.TEST");
  EXPECT_EQ(made.kdc_url, url);
  EXPECT_EQ(made.ca_file, ca_file);
  EXPECT_THAT(made.cache, StartsWith("DIR:"));
  EXPECT_NE(made.cache, record_.cache);
  EXPECT_EQ(end({"alice"}, test_domain), made.ticket_expires);
  EXPECT_EQ(end({"alice"}, "CLOUD.TEST"), noon);

  const std::string cache = made.cache;
  TestReply later;
  later.endtime = made.ticket_expires + 60;
  exchange(controller(later));
  EXPECT_EQ(record_.on_premises.cache, cache) << "in place of the one before";
  EXPECT_EQ(end({"alice"}, test_domain), later.endtime);
}

TEST_F(OnPremisesTest, WhatGoesWrongLeavesTheOneBefore) {
  exchange(controller());
  const OnPremises before = record_.on_premises;
  EXPECT_EQ(exchange([](const std::string&, Bytes) -> Outcome<DomainAnswer> {
              return fail(Fault::not_reachable, "nobody answers");
            }),
            std::nullopt);
  EXPECT_EQ(record_.on_premises.no_ticket, "nobody answers");
  EXPECT_EQ(record_.on_premises.principal(), before.principal());
  exchange([](const std::string&, Bytes) -> Outcome<DomainAnswer> {
    return DomainAnswer{TestDomain::refusal(20), url};
  });
  EXPECT_THAT(record_.on_premises.no_ticket, HasSubstr("KDC_ERR_TGT_REVOKED"));
  EXPECT_EQ(end({"alice"}, test_domain), before.ticket_expires);
  exchange(controller());
  EXPECT_EQ(record_.on_premises, before) << "it goes well again";
}

TEST_F(OnPremisesTest, ThatThereIsNoneIsTheServersWord) {
  const std::string text = signin::no_ticket_text("the domain of alice is not linked");
  login::exchange({as_bytes(text), prt_session_key_, now}, controller(), record_);
  EXPECT_EQ(record_.on_premises.no_ticket, "the server gave no ticket: the domain of alice is not linked");
  EXPECT_EQ(asked_, 0);
}

TEST_F(OnPremisesTest, AFileHasTheDomainsBesideIt) {
  use("FILE");
  exchange(controller());
  EXPECT_EQ(record_.on_premises.no_ticket, "");
  EXPECT_EQ(record_.on_premises.cache, record_.cache + ".AD.TEST");
  EXPECT_EQ(end({"alice"}, test_domain), record_.on_premises.ticket_expires);
  EXPECT_EQ(end({"alice"}, "CLOUD.TEST"), noon);
  forget_on_premises(record_);
  EXPECT_EQ(end({"alice"}, test_domain), std::nullopt);
  EXPECT_EQ(end({"alice"}, "CLOUD.TEST"), noon);
}

TEST_F(OnPremisesTest, WhatCannotBeKeptIsNotAskedFor) {
  use("FILE");
  ::setenv("KRB5CCNAME", ("FILE:" + directory_ + "/others").c_str(), 1);
  store({"administrator"}, test_domain);
  exchange(controller());
  EXPECT_EQ(asked_, 0);
  EXPECT_THAT(record_.on_premises.no_ticket, HasSubstr("no room for a ticket of AD.TEST"));
  EXPECT_THAT(record_.on_premises.no_ticket, HasSubstr("KRB5CCNAME"));

  const Octets key(16, 0xab);
  const std::vector<kerberos::EncryptionKey> keys{{23, key}};
  TestReply reply;
  reply.encrypted_padata = {
      {kerberos::padata::key_list_rep, kerberos::encode(kerberos::WrittenKeyList{keys})}};
  const ListedKeys listed = exchange(controller(reply), true);
  ASSERT_TRUE(listed);
  EXPECT_THAT(*listed, ElementsAre(23));
  EXPECT_THAT(record_.on_premises.no_ticket, HasSubstr("no room"));
}

TEST_F(OnPremisesTest, NoDomainIsTheCloudsRealm) {
  record_.realm = "ad.test";
  exchange(controller());
  EXPECT_THAT(record_.on_premises.no_ticket, HasSubstr("the cloud's own realm"));
  EXPECT_EQ(asked_, 0);
}

TEST_F(OnPremisesTest, NoNameGetsIntoKrb5ConfThatIsNone) {
  domain_.client_realm = domain_.service_realm = "AD }";
  exchange(controller());
  EXPECT_EQ(record_.on_premises.no_ticket, "AD } is no name of a domain");
  EXPECT_EQ(asked_, 0);
}

TEST_F(OnPremisesTest, AnotherUsersTicketTakesThePlaceOfTheFirst) {
  record_.on_premises.client = {"old"};
  record_.on_premises.realm = test_domain;
  record_.on_premises.cache = store({"old"}, test_domain);
  exchange(controller());
  EXPECT_EQ(end({"old"}, test_domain), std::nullopt);
  EXPECT_TRUE(end({"alice"}, test_domain));
}

TEST_F(OnPremisesTest, AnAccountThatHasNoDomainAnyMoreHasNoTicketOfIt) {
  exchange(controller());
  forget_on_premises(record_);
  EXPECT_EQ(record_.on_premises, OnPremises());
  EXPECT_EQ(end({"alice"}, test_domain), std::nullopt);
  EXPECT_EQ(end({"alice"}, "CLOUD.TEST"), noon);
}

}  // namespace
}  // namespace ferryman::login
