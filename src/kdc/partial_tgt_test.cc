// Partial TGTs and the client's keys that are given for them, check by check.
#include "kdc/partial_tgt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/prf.h"
#include "kdc/test_partial_tgt.h"
#include "kerberos/fast.h"
#include "kerberos/kile_padata.h"
#include "ticket/ticket_pac.h"

namespace ferryman::kdc {
namespace {

constexpr std::uint32_t remote_users = 1200, administrators = 1201;  // groups

class PartialTgts : public testing::Test {
 protected:
  PartialTgts() { groups() = {remote_users}; }

  std::vector<std::uint32_t>& groups() { return realm_.directory.at("alice").principal.groups; }
  directory::Rodc& rodc() { return realm_.directory.rodc_list.at(PartialTgt::number); }
  directory::AccountFlags& flags() { return realm_.account("alice").settings.flags; }
  PartialTgt partial() { return {realm_, rodc_key_.copy()}; }
  crypto::Key krbtgt() { return realm_.directory.key("krbtgt/R.TEST", 18); }
  crypto::Key web() { return realm_.directory.key("WEB$", 18); }

  // For krbtgt, as one is exchanged.
  TestTgs tgs(const PartialTgt& partial) {
    TestTgs request(tgt_);
    request.ticket = partial.ticket();
    request.session_key = partial.session.copy();
    request.request.sname = kerberos::Name(2, {"krbtgt", "R.TEST"});
    request.request.options = option::forwardable | option::renewable | option::canonicalize;
    request.request.rtime = test_now + 100'000;
    return request;
  }
  Answer ask(const PartialTgt& partial) { return realm_.ask(tgs(partial).encoded()); }
  std::int32_t code(const PartialTgt& partial) { return ask(partial).code; }
  std::int32_t code(const TestTgs& request) { return realm_.ask(request.encoded()).code; }
  TestReply get(const TestTgs& request) { return request.open(realm_.ask(request.encoded())); }

  TestRealm realm_;
  crypto::Key rodc_key_ = realm_.directory.add_rodc(PartialTgt::number, PartialTgt::version, remote_users);
  TestReply tgt_ = get_tgt(realm_);
};

TEST_F(PartialTgts, AreExchangedForFullOnes) {
  const TestReply got = get(tgs(partial()));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.rep.ticket.enc_part.kvno, 2U);
  EXPECT_EQ(got.part.authtime, test_now - 60);
  EXPECT_EQ(got.part.endtime, test_now + 3600);
  EXPECT_EQ(got.part.renew_till, test_now + 7200);
  EXPECT_EQ(got.part.flags, flag::forwardable | flag::renewable | flag::pre_authent | flag::enc_pa_rep);
  EXPECT_FALSE(got.part.encrypted_pa_data.has(padata::key_list_rep));
  EXPECT_TRUE(got.part.encrypted_pa_data.has(padata::supported_enctypes));
  TestTgs next(got);
  EXPECT_EQ(code(next), 0) << "the full one is as good as any";
  next.request.options = option::renew;
  next.request.sname = kerberos::Name(2, {"krbtgt", "R.TEST"});
  EXPECT_EQ(code(next), 0);
}

TEST_F(PartialTgts, AreTakenFromTheirSignedKvnoToo) {
  const PartialTgt negative = partial();
  EXPECT_LT(static_cast<std::int32_t>(negative.kvno), 0);
  const Octets octets = negative.ticket();
  const auto ticket = kerberos::parse<kerberos::Ticket>(octets);
  EXPECT_EQ(ticket->enc_part.kvno, negative.kvno);
}

// What it says of groups and SIDs is its maker's word.
TEST_F(PartialTgts, GetAPacOfTheDirectorysOwn) {
  const TestReply got = get(tgs(partial()));
  const auto opened = ticket::open_ticket(got.rep.ticket, krbtgt());
  ASSERT_TRUE(opened);
  const auto pac = ticket::verify_tgt_pac(*opened, krbtgt());
  ASSERT_TRUE(pac);
  EXPECT_EQ(pac->requester, PartialTgt::sid(realm_, "alice"));
  const auto logon = pac::LogonInfo::parse(pac->pac.find(pac::logon_info)->octets);
  ASSERT_TRUE(logon);
  EXPECT_EQ(logon->user_id, realm_.account("alice").rid);
  EXPECT_EQ(logon->effective_name, u"alice");
  EXPECT_EQ(logon->groups, (std::vector<pac::GroupMembership>{{513, 7}, {remote_users, 7}}));
  EXPECT_NE(pac->pac.find(pac::upn_dns_info), nullptr);
  const auto client = pac::ClientInfo::parse(pac->pac.find(pac::client_info)->octets);
  EXPECT_EQ(client->client_id, pac::file_time(test_now - 60));
}

TEST_F(PartialTgts, AreGoodForAServicesTicketAsWell) {
  TestTgs request = tgs(partial());
  request.request.sname = kerberos::Name(3, {"HTTP", "www.r.test"});
  const TestReply got = get(request);
  ASSERT_TRUE(got.ok());
  const auto opened = ticket::open_ticket(got.rep.ticket, web());
  ASSERT_TRUE(opened);
  const auto pac = ticket::verify_service_pac(*opened, web(), krbtgt());
  ASSERT_TRUE(pac);
  EXPECT_EQ(pac->find(pac::requestor), nullptr);
  EXPECT_EQ(pac->find(pac::attributes_info), nullptr);
  EXPECT_EQ(pac::LogonInfo::parse(pac->find(pac::logon_info)->octets)->groups.size(), 2U);
}

TEST_F(PartialTgts, AreOfNoServiceByItsPrimaryGroupAlone) {
  directory::Account& account = realm_.account("alice");
  account.settings.primary_group = remote_users;
  groups().clear();
  account.kind = directory::AccountKind::service;
  EXPECT_EQ(ask(partial()).reason, "a partial TGT of a client that is not allowed to its maker");
  groups() = {remote_users};
  EXPECT_EQ(code(partial()), 0);
  groups().clear();
  directory::Group denied;
  denied.rid = remote_users;
  rodc().denied = {denied};
  EXPECT_EQ(ask(partial()).reason, "a partial TGT of a client that is denied to its maker");
}

TEST_F(PartialTgts, AreOfKeysThatAreKnown) {
  PartialTgt other = partial();
  for (const std::uint32_t kvno :
       {std::uint32_t{7} << 16U | 3U, std::uint32_t{PartialTgt::number} << 16U | 4U,
        std::uint32_t{PartialTgt::number} << 16U}) {
    other.kvno = kvno;
    EXPECT_EQ(code(other), 44) << kvno;
  }
  other = partial();
  other.kvno = 2;  // the realm's own, which this is not under
  EXPECT_EQ(code(other), 31);
  other = {realm_, crypto::Key::random(18)};
  EXPECT_EQ(code(other), 31);
  other = {realm_, krbtgt()};
  EXPECT_EQ(code(other), 31) << "nor does krbtgt's key make one of its";
  other = {realm_, crypto::Key::random(17)};
  EXPECT_EQ(code(other), 44);
}

TEST_F(PartialTgts, HaveAPacWithBothSignaturesOfTheirMaker) {
  PartialTgt bent = partial();
  bent.with_pac = false;
  EXPECT_EQ(code(bent), 20);
  bent = partial();
  bent.signer = crypto::Key::random(18);
  EXPECT_EQ(code(bent), 41);
  bent.signer = krbtgt();
  EXPECT_EQ(code(bent), 41) << "the realm's own key signs nothing for it";
  bent = partial();
  bent.signed_as = 7;
  EXPECT_EQ(code(bent), 41);
  bent.signed_as = 0;
  EXPECT_EQ(code(bent), 0) << "the identifier may be absent";
}

TEST_F(PartialTgts, AreOfTheAccountThatTheyName) {
  PartialTgt bent = partial();
  bent.requester.reset();
  EXPECT_EQ(code(bent), 20);
  bent.requester = PartialTgt::sid(realm_, "bob");
  EXPECT_EQ(code(bent), 20);
  bent = partial();
  bent.cname = kerberos::Name(1, {"bob"});
  bent.pac_name = u"bob";
  TestTgs request = tgs(bent);
  request.cname = kerberos::Name(1, {"bob"});
  EXPECT_EQ(code(request), 20);
  bent = partial();
  bent.pac_name = u"bob";
  EXPECT_EQ(code(bent), 41);
  bent = partial();
  bent.crealm = "OTHER.TEST";
  request = tgs(bent);
  request.crealm = "OTHER.TEST";
  EXPECT_EQ(code(request), 20);
  const PartialTgt gone = partial();
  realm_.directory.remove("alice");
  EXPECT_EQ(code(gone), 20);
}

// K10
TEST_F(PartialTgts, AreOfThoseAloneWhoAreAllowedToTheirMaker) {
  const auto reason = [this] {
    const Answer answer = ask(partial());
    EXPECT_EQ(answer.code, 20);
    return answer.reason;
  };
  groups().clear();
  EXPECT_EQ(reason(), "a partial TGT of a client that is not allowed to its maker");
  realm_.account("alice").settings.primary_group = remote_users;
  EXPECT_EQ(code(partial()), 0) << "the primary group is one";
  groups() = {administrators};
  directory::Group denied;
  denied.rid = administrators;
  rodc().denied = {denied};
  EXPECT_EQ(reason(), "a partial TGT of a client that is denied to its maker");
  groups().clear();
  denied.rid = remote_users;
  rodc().denied.push_back(denied);
  EXPECT_EQ(reason(), "a partial TGT of a client that is denied to its maker")
      << "by the primary group, and though it is allowed";
  rodc().denied.clear();
  flags().sensitive = true;
  EXPECT_EQ(reason(), "a partial TGT of a sensitive account");
  flags().sensitive = false;
  rodc().allowed.clear();
  EXPECT_EQ(reason(), "a partial TGT of a client that is not allowed to its maker");
}

TEST_F(PartialTgts, AreOfOneMakersClientsAlone) {
  const crypto::Key other = realm_.directory.add_rodc(7, 1, administrators);
  PartialTgt of_other{realm_, other.copy()};
  of_other.kvno = 7U << 16U | 1U;
  of_other.signed_as = 7;
  EXPECT_EQ(code(of_other), 20);
  groups() = {administrators};
  EXPECT_EQ(code(of_other), 0);
  EXPECT_EQ(code(partial()), 20);
}

TEST_F(PartialTgts, AreOfNoUseToThoseWhoMayNotLogOn) {
  flags().disabled = true;
  EXPECT_EQ(code(partial()), 18);
  flags().disabled = false;
  realm_.account("alice").settings.expires = test_now;
  EXPECT_EQ(code(partial()), 18);
}

TEST_F(PartialTgts, AreGoodForTheirTime) {
  PartialTgt bent = partial();
  bent.lifetime.end = test_now - 1;
  EXPECT_EQ(code(bent), 32);
  bent = partial();
  bent.lifetime.start = test_now + 301;
  EXPECT_EQ(code(bent), 33);
  bent = partial();
  bent.authtime = test_now + 301;
  EXPECT_EQ(code(bent), 33);
  bent = partial();
  bent.flags |= flag::invalid;
  EXPECT_EQ(code(bent), 33);
  bent = partial();
  bent.lifetime = {test_now, test_now + 1'000'000'000, test_now + 1'000'000'000};
  TestTgs request = tgs(bent);
  request.request.till = request.request.rtime = test_now + 1'000'000'000;
  EXPECT_EQ(get(request).part.endtime, test_now + realm_.policy.lifetime.ticket);
  EXPECT_EQ(get(request).part.renew_till, test_now + realm_.policy.lifetime.renewable);
}

TEST_F(PartialTgts, SayNothingOfWhatTheRealmAloneKnows) {
  PartialTgt bent = partial();
  bent.flags = 0xffffffff & ~flag::invalid;
  const TestReply got = get(tgs(bent));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.part.flags, flag::forwardable | flag::renewable | flag::pre_authent | flag::enc_pa_rep);
}

TEST_F(PartialTgts, AreNeitherRenewedNorForwarded) {
  PartialTgt all = partial();
  all.flags |= flag::proxiable;
  for (const std::uint32_t bit : {option::renew, option::forwarded, option::proxy, option::validate}) {
    TestTgs request = tgs(all);
    request.request.options = bit;
    EXPECT_EQ(code(request), 13) << bit;
  }
}

TEST_F(PartialTgts, HandOnNoPrtNorWhatAKdcMakes) {
  PartialTgt bent = partial();
  const Octets id(16, 5);
  bent.authorization.add({kerberos::authorization_data::prt, id, {}});
  bent.authorization.add({kerberos::authorization_data::authentication_indicator, id, {}});
  bent.authorization.add({kerberos::authorization_data::restriction_entry, id, {}});
  const TestReply got = get(tgs(bent));
  ASSERT_TRUE(got.ok());
  const auto opened = ticket::open_ticket(got.rep.ticket, krbtgt());
  EXPECT_FALSE(ticket::binding_of(opened->part.authorization_data).prt);
  constexpr std::int32_t made_by_kdc[] = {kerberos::authorization_data::authentication_indicator};
  EXPECT_FALSE(*contains_any(opened->part.authorization_data, made_by_kdc));
  constexpr std::int32_t restriction[] = {kerberos::authorization_data::restriction_entry};
  EXPECT_TRUE(*contains_any(opened->part.authorization_data, restriction)) << "what restricts stays";
}

TEST_F(PartialTgts, AreNoSecondTickets) {
  groups() = {remote_users};
  TestTgs request(tgt_);
  request.request.sname = kerberos::Name(1, {"alice"});
  request.request.options = option::enc_tkt_in_skey;
  request.request.tickets = {partial().ticket()};
  EXPECT_EQ(code(request), 12);
  request.request.tickets = {tgt_.ticket()};
  EXPECT_EQ(code(request), 0);
}

TEST_F(PartialTgts, AreNoArmor) {
  const PartialTgt armor = partial();
  TestTgs made(tgt_);
  made.ticket = armor.ticket();
  made.session_key = armor.session.copy();
  made.subkey = crypto::Key::random(18);
  made.usage = key_usage::ap_req_authenticator;
  const crypto::Key key = crypto::Key::random(18);
  TestRequest request;
  const Octets sum = crypto::make_checksum(key, key_usage::fast_req_checksum, request.body());
  const Octets header = made.ap_req(request.body());
  request.with(padata::fx_fast, kerberos::encode(kerberos::FastArmoredReq{
                                    1, header, {key.type().checksum, sum}, {18, std::nullopt, Octets(40)}}));
  const Answer answer = realm_.ask(request.encoded());
  EXPECT_EQ(answer.code, 12);
  EXPECT_EQ(answer.reason, "a partial TGT, which is only to be exchanged");
}

TEST_F(PartialTgts, AreToldInTheLog) {
  Answer answer = ask(partial());
  EXPECT_EQ(answer.rodc, PartialTgt::number);
  EXPECT_EQ(answer.client, "alice");
  EXPECT_EQ(answer.issued->keys, 0U);
  groups().clear();
  answer = ask(partial());
  EXPECT_EQ(answer.rodc, PartialTgt::number);
  EXPECT_FALSE(answer.issued);
  EXPECT_EQ(realm_.ask(TestTgs(tgt_).encoded()).rodc, 0);
}

// KERB-KEY-LIST-REQ.
class KeyLists : public PartialTgts {
 protected:
  KeyLists() {
    flags().key_list = true;
    realm_.policy.etypes.push_back(23);
  }
  struct Got {
    std::vector<std::int32_t> etypes;
    std::vector<Octets> keys;
    bool is_there = false;
  };
  static Octets asking(const std::vector<std::int32_t>& etypes) {
    kerberos::Made<kerberos::EtypeList> list;
    for (const std::int32_t etype : etypes) list.add(etype);
    return kerberos::encode(kerberos::KeyListReq{list.list()});
  }
  // What a reply has.
  static Got read(const TestReply& reply) {
    Got got;
    EXPECT_TRUE(reply.ok());
    const auto element = reply.part.encrypted_pa_data.find(padata::key_list_rep);
    if (!element) return got;
    got.is_there = true;
    kerberos::PadataList list_of_all = reply.part.encrypted_pa_data;
    kerberos::Padata first;
    EXPECT_TRUE(list_of_all.next(first) && first.type == padata::key_list_rep) << "where Windows has it";
    auto list = kerberos::parse<kerberos::KeyList>(element->value);
    EXPECT_TRUE(list);
    for (kerberos::EncryptionKey key; list && list->next(key);) {
      got.etypes.push_back(key.type);
      got.keys.emplace_back(key.value.begin(), key.value.end());
    }
    return got;
  }
  Got keys(const std::vector<std::int32_t>& etypes, std::optional<TestTgs> request = {}) {
    TestTgs asked = request ? std::move(*request) : tgs(partial());
    asked.request.with(padata::key_list_req, asking(etypes));
    return read(get(asked));
  }
  Octets own(std::int32_t etype) {
    const crypto::Key key = realm_.directory.key("alice", etype);
    return {key.octets().begin(), key.octets().end()};
  }
  // An NT hash, as a user has it whose password was set while RC4 was allowed to her.
  void give_nt_hash() {
    realm_.directory.at("alice").principal.keys.push_back({23, 2, {}, {}, Secret(Octets(16, 0x4e))});
  }
};

TEST_F(KeyLists, AreTheKeysThatWereAskedForAndAreThere) {
  const Got both = keys({17, 18, 17, 20, 9999});
  EXPECT_EQ(both.etypes, (std::vector<std::int32_t>{17, 18}));
  EXPECT_EQ(both.keys, (std::vector<Octets>{own(17), own(18)}));
  EXPECT_FALSE(keys({23}).is_there) << "she has no NT hash";
  EXPECT_FALSE(keys({}).is_there);
}

TEST_F(KeyLists, HaveAnNtHashWhereRc4IsAllowed) {
  give_nt_hash();
  EXPECT_FALSE(keys({23}).is_there);
  flags().rc4 = true;
  EXPECT_EQ(keys({23}).keys, std::vector<Octets>{Octets(16, 0x4e)});
  realm_.policy.etypes.pop_back();
  EXPECT_FALSE(keys({23}).is_there);
}

TEST_F(KeyLists, AreOfUsersAloneWhoAreMarked) {
  flags().key_list = false;
  EXPECT_FALSE(keys({18}).is_there) << "and the TGT is given";
}

TEST_F(KeyLists, AreOfThoseAloneWhoAreAllowed) {
  groups().clear();
  TestTgs request = tgs(partial());
  request.request.with(padata::key_list_req, asking({18}));
  EXPECT_EQ(code(request), 20);
}

TEST_F(KeyLists, AreForPartialTgtsAlone) {
  TestTgs full(tgt_);
  full.request.sname = kerberos::Name(2, {"krbtgt", "R.TEST"});
  EXPECT_FALSE(keys({18}, std::move(full)).is_there);
}

TEST_F(KeyLists, AreForWhoAsksForATgt) {
  TestTgs request = tgs(partial());
  request.request.sname = kerberos::Name(3, {"HTTP", "www.r.test"});
  EXPECT_FALSE(keys({18}, std::move(request)).is_there);
}

TEST_F(KeyLists, ComeUnderTheSubkeyWhereThereIsOne) {
  TestTgs request = tgs(partial());
  request.subkey = crypto::Key::random(17);
  EXPECT_EQ(keys({18}, std::move(request)).keys, std::vector<Octets>{own(18)});
}

TEST_F(KeyLists, AreNoneWhereWhatIsAskedForCannotBeRead) {
  for (const Octets& value : {Octets{}, Octets{0x30, 1}, Octets{0x30, 0, 0}, Octets{2, 1, 18}}) {
    TestTgs request = tgs(partial());
    request.request.with(padata::key_list_req, value);
    EXPECT_FALSE(read(get(request)).is_there);
  }
}

TEST_F(KeyLists, AreCountedInTheLog) {
  TestTgs request = tgs(partial());
  request.request.with(padata::key_list_req, asking({17, 18}));
  const Answer answer = realm_.ask(request.encoded());
  EXPECT_EQ(answer.issued->keys, 2U);
  for (const std::int32_t etype : {17, 18}) {
    const Octets key = own(etype);
    EXPECT_EQ(std::search(answer.message.begin(), answer.message.end(), key.begin(), key.end()),
              answer.message.end());
  }
}

// Inside FAST, whose armor is the request's own.
TEST_F(KeyLists, ComeInsideFastToo) {
  const PartialTgt tgt = partial();
  TestTgs made = tgs(tgt);
  made.subkey = crypto::Key::random(18);
  const Octets header = made.ap_req(made.request.body());
  const crypto::Key armor = crypto::combine(*made.subkey, tgt.session, "subkeyarmor", "ticketarmor");
  const Octets asked = asking({18});
  MadeList inner;
  inner.add({padata::key_list_req, asked});
  const Octets inside = made.request.use([&](const kerberos::KdcReqBody& body) {
    return kerberos::encode(kerberos::FastReq{0, inner.list(), body});
  });
  const Octets sum = crypto::make_checksum(armor, key_usage::fast_req_checksum, header);
  const Octets cipher = crypto::encrypt(armor, key_usage::fast_req, inside);
  TestRequest request = made.request;
  request.with(padata::tgs_req, header);
  request.with(padata::fx_fast, kerberos::encode(kerberos::FastArmoredReq{
                                    {}, {}, {armor.type().checksum, sum}, {18, std::nullopt, cipher}}));
  const Answer answer = realm_.ask(request.encoded());
  EXPECT_EQ(answer.code, 0) << answer.reason;
  ASSERT_TRUE(answer.issued);
  EXPECT_EQ(answer.issued->keys, 1U);
}

}  // namespace
}  // namespace ferryman::kdc
