#include "account/identity.h"

#include <gtest/gtest.h>

#include "account/keys.h"
#include "account/state.h"
#include "account/test_directory.h"
#include "pac/info.h"

namespace ferryman::account {
namespace {

constexpr std::int64_t now = 1'700'000'000;

TEST(Identity, InAPacHasGroupsNamesAndSid) {
  TestDirectory directory;
  auto& alice = directory.add("alice", directory::AccountKind::user).principal;
  alice.groups = {1500, 1600};
  alice.account.upns = {"alice@example.com"};
  const pac::LogonInfo info = logon_info(directory.tenant(), alice, now);
  EXPECT_EQ(info.effective_name, u"alice");
  EXPECT_EQ(info.user_id, alice.account.rid);
  EXPECT_EQ(info.logon_domain_id->text(), directory.tenant().domain_sid);
  const std::vector<pac::GroupMembership> groups{{513, 7}, {1500, 7}, {1600, 7}};
  EXPECT_EQ(info.groups, groups);
  EXPECT_EQ(pac::LogonInfo::parse(info.write()), info);
}

TEST(Identity, SaysOnWhoseWordItIs) {
  TestDirectory directory;
  const auto& alice = directory.add("alice", directory::AccountKind::user).principal;
  const auto asserted = [&](AssertedBy by) {
    return logon_info(directory.tenant(), alice, now, by).extra_sids.at(0).sid.text();
  };
  EXPECT_EQ(asserted(AssertedBy::authority), "S-1-18-1");
  EXPECT_EQ(asserted(AssertedBy::service), "S-1-18-2");
}

TEST(Identity, OfATgtIsMarkedByTheRequestersSid) {
  TestDirectory directory;
  const auto& alice = directory.add("alice", directory::AccountKind::user).principal;
  const kerberos::Name name = canonical_name(alice.account);
  for (const bool for_tgt : {true, false}) {
    const auto builder = make_pac({directory.tenant(), alice, name.view(), now, true, for_tgt});
    ASSERT_TRUE(builder);
    const Octets octets = builder->sign_tgt(crypto::Key::random(18), {crypto::Key::random(18)});
    const auto pac = pac::Pac::parse(octets);
    ASSERT_TRUE(pac);
    EXPECT_EQ(pac->find(pac::requestor) != nullptr, for_tgt);
    EXPECT_EQ(pac->find(pac::attributes_info) != nullptr, for_tgt);
    const auto upn = pac::UpnDnsInfo::parse(pac->find(pac::upn_dns_info)->octets);
    ASSERT_TRUE(upn && upn->extension);
    EXPECT_EQ(upn->extension->sid, *sid_of(directory.tenant(), alice.account));
    EXPECT_EQ(upn->upn, u"alice@r.test");
  }
}

TEST(State, OfAnAccountSaysItsCode) {
  directory::Account account;
  EXPECT_TRUE(check_account(account, now, Exchange::as));
  account.settings.expires = now;
  EXPECT_EQ(check_account(account, now, Exchange::as).error().code, 18);
  account.settings.expires = now + 1;
  EXPECT_TRUE(check_account(account, now, Exchange::as));
  account.settings.flags.disabled = true;
  EXPECT_EQ(check_account(account, now, Exchange::tgs).error().code, 18);
  EXPECT_FALSE(check_account(account, now, Exchange::tgs).error().e_data.empty());
}

TEST(State, OfAPasswordSaysItsCode) {
  directory::Account account;
  EXPECT_TRUE(check_password(account, now));
  account.password_expires = now;
  EXPECT_EQ(check_password(account, now).error().code, 23);
  account.password_expires = now + 1;
  EXPECT_TRUE(check_password(account, now));
  account.settings.flags.must_change = true;
  EXPECT_EQ(check_password(account, now).error().code, 23);
}

kerberos::Made<kerberos::EtypeList> asked(std::initializer_list<std::int32_t> etypes) {
  kerberos::Made<kerberos::EtypeList> list;
  for (const std::int32_t etype : etypes) list.add(etype);
  return list;
}

TEST(Keys, OfTheReplyAreChosenByTheClientAndOfTheTicketByTheRealm) {
  TestDirectory directory;
  const auto& alice = directory.add("alice", directory::AccountKind::user).principal;
  const Policy policy;
  EXPECT_EQ(reply_key(policy, alice, asked({23, 17, 18}).list())->etype, 17);
  EXPECT_EQ(reply_key(policy, alice, asked({23, 20}).list()), nullptr);
  EXPECT_EQ(ticket_key(policy, alice)->etype, 18);
  EXPECT_EQ(session_etype(policy, nullptr, alice, asked({20, 23, 17}).list()), 17);
  EXPECT_EQ(session_etype(policy, nullptr, alice, asked({20, 23}).list()), std::nullopt);
}

// K13
TEST(Keys, OfRc4NeedTheAccountAndTheRealm) {
  TestDirectory directory;
  auto& web = directory.add("WEB$", directory::AccountKind::service, {"HTTP/web"}).principal;
  web.account.settings.supported_enctypes = kerberos::supported_enctype::rc4_hmac;
  Policy policy;
  EXPECT_EQ(session_etype(policy, nullptr, web, asked({23, 18}).list()), 18);
  web.account.settings.flags.rc4 = true;
  EXPECT_EQ(session_etype(policy, nullptr, web, asked({23, 18}).list()), 18);
  policy.etypes.push_back(kerberos::etype::rc4_hmac);
  EXPECT_EQ(session_etype(policy, nullptr, web, asked({23, 18}).list()), 23);
  web.account.settings.flags.rc4 = false;
  EXPECT_EQ(session_etype(policy, nullptr, web, asked({23, 18}).list()), 18);
}

TEST(Keys, OfRc4AreForTheKdcAndAClientThatIsMarked) {
  TestDirectory directory;
  auto& alice = directory.add("alice", directory::AccountKind::user).principal.account;
  const auto& web = directory.add("WEB$", directory::AccountKind::service, {"HTTP/web"}).principal;
  const auto& krbtgt = directory.at("krbtgt/R.TEST").principal;
  const auto& kadmin = directory.at("kadmin/changepw").principal;
  const auto rc4 = asked({23});
  Policy policy;
  policy.etypes.push_back(kerberos::etype::rc4_hmac);
  EXPECT_EQ(session_etype(policy, &alice, krbtgt, rc4.list()), std::nullopt);
  alice.settings.flags.rc4 = true;
  EXPECT_EQ(session_etype(policy, &alice, krbtgt, rc4.list()), 23);
  EXPECT_EQ(session_etype(policy, &alice, kadmin, rc4.list()), 23);
  EXPECT_EQ(session_etype(policy, &alice, web, rc4.list()), std::nullopt);
  EXPECT_EQ(session_etype(policy, nullptr, krbtgt, rc4.list()), std::nullopt);
  policy.etypes.pop_back();
  EXPECT_EQ(session_etype(policy, &alice, krbtgt, rc4.list()), std::nullopt);
}

}  // namespace
}  // namespace ferryman::account
