// The TGS exchange, check by check.
#include "kdc/tgs_exchange.h"

#include <gtest/gtest.h>

#include "account/cloud_ticket.h"
#include "kdc/test_client.h"
#include "kerberos/kile_padata.h"
#include "pac/builder.h"
#include "pac/info.h"
#include "ticket/authorization.h"
#include "ticket/issue.h"
#include "ticket/test_tickets.h"
#include "ticket/ticket_pac.h"

namespace ferryman::kdc {
namespace {

class TgsExchange : public testing::Test {
 protected:
  TestTgs tgs() { return TestTgs(tgt_); }
  std::int32_t code(const TestTgs& request) { return realm_.ask(request.encoded()).code; }
  TestReply get(const TestTgs& request) { return request.open(realm_.ask(request.encoded())); }
  static TestTgs for_service(TestTgs request, std::initializer_list<std::string_view> name) {
    request.request.sname = kerberos::Name(2, name);
    return request;
  }
  static TestTgs for_krbtgt(TestTgs request, std::uint32_t options) {
    request.request.options = options;
    return for_service(std::move(request), {"krbtgt", "R.TEST"});
  }
  // A ticket that the KDC's own key was used for, bent in one place.
  struct Forged : ticket::TestTicket {
    explicit Forged(TestRealm& realm) {
      key = realm.directory.key("krbtgt/R.TEST", 18);
      krbtgt = key.copy();
      session = crypto::Key::random(18);
    }
  };
  TestTgs with(const Forged& forged) {
    TestTgs request = tgs();
    request.ticket = forged.issued();
    request.session_key = forged.session.copy();
    return request;
  }
  crypto::Key krbtgt() { return realm_.directory.key("krbtgt/R.TEST", 18); }
  crypto::Key web() { return realm_.directory.key("WEB$", 18); }

  TestRealm realm_;
  TestReply tgt_ = get_tgt(realm_);
};

TEST_F(TgsExchange, GivesAServiceTicketThatTheServiceCanVerify) {
  const TestReply got = get(tgs());
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.octets.bytes()[0], 0x7a);  // APPLICATION 26
  EXPECT_FALSE(got.rep.enc_part.kvno);
  EXPECT_EQ(got.rep.ticket.enc_part.kvno, 2U);
  EXPECT_TRUE(got.rep.cname.is({"alice"}));
  EXPECT_EQ(got.part.flags, flag::pre_authent | flag::enc_pa_rep);
  EXPECT_EQ(got.part.authtime, test_now);
  EXPECT_FALSE(got.part.key_expiration);
  const auto opened = ticket::open_ticket(got.rep.ticket, web());
  ASSERT_TRUE(opened);
  const auto pac = ticket::verify_service_pac(*opened, web(), krbtgt());
  ASSERT_TRUE(pac);
  EXPECT_EQ(pac->find(pac::requestor), nullptr);
}

// A TGT that came with a primary refresh token.
class CloudTgt : public TgsExchange {
 protected:
  CloudTgt() {
    prt_.octets.fill(5);
    realm_.directory.prts.push_back(prt_);
    const auto made = account::make_cloud_ticket(realm_.directory, realm_.kdc.tenant, realm_.policy,
                                                 {realm_.directory.at("alice").principal, prt_, test_now});
    const auto key = crypto::Key::make(18, made->reply.key.bytes());
    Answer answer;
    answer.message = made->reply.as_rep;
    tgt_ = open_reply(answer, *key, key_usage::as_rep);
  }
  // Empty where there is none.
  static Octets prt_in(const TestReply& reply, const crypto::Key& key) {
    const auto opened = ticket::open_ticket(reply.rep.ticket, key);
    const auto prt = opened ? ticket::binding_of(opened->part.authorization_data).prt : std::nullopt;
    return prt ? Octets(prt->begin(), prt->end()) : Octets();
  }

  directory::PrtId prt_;
};

TEST_F(CloudTgt, IsWhatClientsReadOfAnAsRep) {
  ASSERT_TRUE(tgt_.ok());
  EXPECT_EQ(tgt_.octets.bytes()[0], 0x79);  // APPLICATION 25
  EXPECT_EQ(tgt_.part.starttime, test_now);
  EXPECT_TRUE(tgt_.part.renew_till);
  EXPECT_GE(tgt_.part.nonce, 0);
  EXPECT_LE(tgt_.part.nonce, INT32_MAX);
  EXPECT_TRUE(tgt_.part.flags & flag::initial);
  EXPECT_TRUE(get(tgs()).ok());
}

TEST_F(CloudTgt, HandsItsPrtOnToTgtsAlone) {
  const TestReply renewed = get(for_krbtgt(tgs(), option::renew));
  ASSERT_TRUE(renewed.ok());
  EXPECT_EQ(prt_in(renewed, krbtgt()), Octets(prt_.octets.begin(), prt_.octets.end()));
  EXPECT_TRUE(prt_in(get(tgs()), web()).empty());
  realm_.directory.prts.clear();
  EXPECT_EQ(code(for_krbtgt(TestTgs(renewed), option::forwarded)), 20);
}

TEST_F(CloudTgt, IsOfNoUseOnceItsPrtIsRevoked) {
  realm_.directory.prts.clear();
  EXPECT_EQ(code(tgs()), 20);
  EXPECT_EQ(code(for_krbtgt(tgs(), option::renew)), 20);
}

TEST_F(TgsExchange, TakesNoBindingFromAClient) {
  TestTgs request = for_krbtgt(tgs(), option::forwarded);
  kerberos::Made<kerberos::AuthorizationData> data;
  const Octets id(16, 5), key(32, 5);
  data.add({kerberos::authorization_data::prt, id, {}});
  data.add({kerberos::authorization_data::registered_key, key, {}});
  request.request.enc_authorization_data = {
      18, crypto::encrypt(request.session_key, key_usage::tgs_req_authdata_session_key,
                          kerberos::encode(data.list()))};
  const TestReply got = get(request);
  ASSERT_TRUE(got.ok());
  const auto opened = ticket::open_ticket(got.rep.ticket, krbtgt());
  EXPECT_FALSE(ticket::binding_of(opened->part.authorization_data).prt);
  EXPECT_FALSE(ticket::binding_of(opened->part.authorization_data).registered_key);
}

TEST_F(TgsExchange, AnswersInTheSubkeyWhereThereIsOne) {
  TestTgs request = tgs();
  request.subkey = crypto::Key::random(17);
  EXPECT_TRUE(get(request).ok());
}

TEST_F(TgsExchange, WantsATgtOfThisRealm) {
  TestTgs request = tgs();
  EXPECT_EQ(realm_.ask(request.request.encoded()).code, 16);
  request.ap_options = kerberos::ap_option::mutual_required;
  EXPECT_EQ(code(request), 12);
  request = tgs();
  request.ticket = get(tgs()).ticket();
  EXPECT_EQ(code(request), 12);
  TestRequest garbage = request.request;
  EXPECT_EQ(realm_.ask(garbage.with(padata::tgs_req, {1, 2, 3}).encoded()).code, 60);
}

TEST_F(TgsExchange, OpensTicketsOfKeysThatAreThereOnly) {
  Forged forged(realm_);
  TestTgs request = with(forged);
  const auto ticket = kerberos::parse<kerberos::Ticket>(request.ticket);
  kerberos::Ticket other = *ticket;
  other.enc_part.kvno = 99;
  const Octets encoded = kerberos::encode(other);
  request.ticket = encoded;
  EXPECT_EQ(code(request), 44);
  forged.key = crypto::Key::random(18);
  EXPECT_EQ(code(with(forged)), 31);
}

// K34
TEST_F(TgsExchange, OpensNoTgtOfAnotherTenantOfTheSameRealm) {
  account::TestDirectory other("R.TEST", 7);
  other.add_user("alice", test_password);
  const Kdc kdc{other, other.tenant(), realm_.policy, realm_.attempts};
  EXPECT_EQ(answer(tgs().encoded(), kdc, realm_.now).code, 31);
}

TEST_F(TgsExchange, ChecksTheAuthenticator) {
  TestTgs request = tgs();
  request.usage = key_usage::ap_req_authenticator;
  EXPECT_EQ(code(request), 31);
  request = tgs();
  request.cname = kerberos::Name(1, {"bob"});
  request.ctime = test_now - 301;
  EXPECT_EQ(code(request), 36);
  request.cname = kerberos::Name(1, {"alice"});
  EXPECT_EQ(code(request), 37);
}

TEST_F(TgsExchange, LooksAtTheTicketsTimes) {
  Forged forged(realm_);
  forged.lifetime.end = test_now - 1;
  EXPECT_EQ(code(with(forged)), 32);
  forged.lifetime = {test_now + 301, test_now + 1000, {}};
  EXPECT_EQ(code(with(forged)), 33);
  forged.lifetime = {test_now, test_now + 1000, {}};
  forged.flags |= flag::invalid;
  EXPECT_EQ(code(with(forged)), 33);
}

TEST_F(TgsExchange, TakesNoAuthenticatorThatIsForFastAloneOrSaysThatFastIsUsed) {
  for (const auto& [type, expected] : {std::pair(kerberos::authorization_data::fx_fast_armor, 12),
                                       {kerberos::authorization_data::fx_fast_used, 41}}) {
    TestTgs request = tgs();
    request.authenticator_data = {type};
    EXPECT_EQ(code(request), expected) << type;
  }
}

TEST_F(TgsExchange, RepeatsTheClaimsBitOfPacOptionsWhereItIsSet) {
  const auto options_in_reply = [this](const Octets& value) {
    TestTgs request = tgs();
    request.request.with(padata::pac_options, value);
    const TestReply reply = request.open(realm_.ask(request.encoded()));
    EXPECT_TRUE(reply.ok());
    const auto element = reply.part.encrypted_pa_data.find(padata::pac_options);
    return element ? Octets(element->value.begin(), element->value.end()) : Octets();
  };
  const auto encoded = [](std::uint32_t flags) { return kerberos::encode(kerberos::PacOptions{flags}); };
  EXPECT_EQ(options_in_reply(encoded(kerberos::flag(0) | kerberos::flag(1))), encoded(kerberos::flag(0)));
  EXPECT_EQ(options_in_reply(encoded(kerberos::flag(1))), Octets());
  EXPECT_EQ(options_in_reply({1, 2, 3}), Octets());
}

TEST_F(TgsExchange, TakesNoTicketThatIsForFastAlone) {
  Forged forged(realm_);
  forged.authorization.add({kerberos::authorization_data::fx_fast_armor, {}, {}});
  TestTgs request = with(forged);
  request.checksum_type.reset();
  EXPECT_EQ(code(request), 12);
}

// K14
TEST_F(TgsExchange, ChecksTheBodysChecksum) {
  TestTgs request = tgs();
  request.checksum_type.reset();
  EXPECT_EQ(code(request), 50);
  for (const auto& [type, expected] : std::vector<std::pair<std::int32_t, std::int32_t>>{
           {1, 15}, {9999, 15}, {2, 50}, {15, 50}, {-138, 50}, {7, 31}, {14, 31}}) {
    request.checksum_type = type;
    EXPECT_EQ(code(request), expected) << type;
  }
  request.checksum_type = 16;
  request.bend_checksum = true;
  EXPECT_EQ(code(request), 31);
}

// K4
TEST_F(TgsExchange, WantsAService) {
  TestTgs request = tgs();
  request.request.sname.reset();
  EXPECT_EQ(code(request), 7);
  request = tgs();
  request.request.realm = "OTHER.TEST";
  EXPECT_EQ(code(request), 68);
}

// K16
TEST_F(TgsExchange, WantsThePacOfATgt) {
  Forged forged(realm_);
  forged.with_requestor = false;
  const Answer answer = realm_.ask(for_service(with(forged), {"nothing"}).encoded());
  EXPECT_EQ(answer.code, 20);
  EXPECT_EQ(answer.reason, "no REQUESTER_SID in the PAC");
}

TEST_F(TgsExchange, WantsThePacsSignatures) {
  Forged forged(realm_);
  forged.krbtgt = crypto::Key::random(18);
  EXPECT_EQ(code(for_service(with(forged), {"nothing"})), 41);
}

// K9
TEST_F(TgsExchange, RevokesTgtsOfAccountsThatAreOthersNow) {
  realm_.account("alice").rid = 4711;
  EXPECT_EQ(code(for_service(tgs(), {"nothing"})), 20);
  realm_.account("alice").name = "renamed";
  EXPECT_EQ(code(tgs()), 20);
}

TEST_F(TgsExchange, RevokesTgtsOfAccountsThatAreNotThere) {
  realm_.directory.remove("alice");
  EXPECT_EQ(code(tgs()), 20);
}

TEST_F(TgsExchange, GivesNothingToDisabledAndExpiredAccounts) {
  realm_.account("alice").settings.flags.disabled = true;
  EXPECT_EQ(code(tgs()), 18);
  realm_.account("alice").settings.flags.disabled = false;
  realm_.account("alice").settings.expires = test_now;
  EXPECT_EQ(code(tgs()), 18);
}

TEST_F(TgsExchange, GivesTicketsForServicesOnly) {
  EXPECT_EQ(code(for_service(tgs(), {"HTTP", "nowhere"})), 7);
  EXPECT_EQ(code(for_service(tgs(), {"bob"})), 7);
  realm_.account("WEB$").settings.flags.disabled = true;
  EXPECT_EQ(code(tgs()), 7);
  realm_.account("WEB$").settings.flags.disabled = false;
  realm_.account("WEB$").settings.expires = test_now;
  EXPECT_EQ(code(tgs()), 2);
}

// K16
TEST_F(TgsExchange, GivesNoTicketForKadmin) {
  EXPECT_EQ(code(for_service(tgs(), {"kadmin", "changepw"})), 12);
}

TEST_F(TgsExchange, GrantsWhatTheTgtPermits) {
  TestTgs plain = TestTgs(get_tgt(realm_, 0));
  for (const std::uint32_t bit : {option::forwarded, option::proxy, option::renew, option::validate,
                                  option::allow_postdate, option::postdated, option::cname_in_addl_tkt}) {
    plain.request.options = bit;
    EXPECT_EQ(code(plain), 13) << bit;
  }
  plain.request.options = option::forwardable | option::proxiable;
  EXPECT_EQ(get(plain).part.flags, flag::pre_authent | flag::enc_pa_rep);
}

TEST_F(TgsExchange, ForwardsTheTicketItselfOnly) {
  TestTgs request = tgs();
  for (const std::uint32_t bit : {option::forwarded, option::proxy, option::renew}) {
    request.request.options = bit;
    EXPECT_EQ(code(request), 26) << bit;
  }
  const TestReply got = get(for_krbtgt(tgs(), option::forwarded | option::forwardable));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.part.flags, flag::forwarded | flag::forwardable | flag::pre_authent | flag::enc_pa_rep);
  const auto opened = ticket::open_ticket(got.rep.ticket, krbtgt());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(ticket::verify_tgt_pac(*opened, krbtgt()));
}

// K5
TEST_F(TgsExchange, RenewsATgt) {
  realm_.now.seconds += 1000;
  TestTgs request = for_krbtgt(tgs(), option::renew);
  request.ctime = realm_.now.seconds;
  const TestReply got = get(request);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.part.starttime, test_now + 1000);
  EXPECT_EQ(got.part.endtime, test_now + 1000 + 36000);
  EXPECT_EQ(got.part.renew_till, tgt_.part.renew_till);
  EXPECT_EQ(got.part.authtime, test_now);
  EXPECT_EQ(got.part.flags & flag::initial, 0U);
  request.request.enc_authorization_data = {18, {1, 2, 3}};
  EXPECT_EQ(code(request), 31);
}

TEST_F(TgsExchange, DoesNotPostdate) {
  TestTgs request = tgs();
  request.request.from = test_now + 301;
  EXPECT_EQ(code(request), 10);
}

TEST_F(TgsExchange, WantsACommonEtypeAndATimeToCome) {
  TestTgs request = tgs();
  request.request.etypes = {23, 9999};
  request.request.till = test_now - 1;
  EXPECT_EQ(code(request), 14);
  request.request.etypes = {17};
  EXPECT_EQ(code(request), 11);
  request.request.till = 0;
  const TestReply got = get(request);
  EXPECT_EQ(got.session_key->etype(), 17);
  EXPECT_EQ(got.part.endtime, tgt_.part.endtime);
}

Octets sealed_data(const TestTgs& request, std::int32_t type, Bytes contents) {
  ticket::AuthorizationList list;
  list.add({type, contents, {}});
  return crypto::encrypt(request.session_key, key_usage::tgs_req_authdata_session_key,
                         kerberos::encode(list.list()));
}

TEST_F(TgsExchange, TakesNoPacFromAClient) {
  TestTgs request = tgs();
  const Octets contents{1, 2, 3};
  request.request.enc_authorization_data = {18, sealed_data(request, 128, contents)};
  const TestReply got = get(request);
  const auto opened = ticket::open_ticket(got.rep.ticket, web());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(ticket::verify_service_pac(*opened, web(), krbtgt()));
  kerberos::AuthorizationData rest = opened->part.authorization_data;
  kerberos::AuthorizationElement element;
  EXPECT_TRUE(rest.next(element));
  EXPECT_FALSE(rest.next(element));
}

TEST_F(TgsExchange, PassesAClientsOwnRestrictionsOn) {
  TestTgs request = tgs();
  const Octets contents{1, 2, 3};
  request.request.enc_authorization_data = {18, sealed_data(request, 141, contents)};
  const auto opened = ticket::open_ticket(get(request).rep.ticket, web());
  ASSERT_TRUE(opened);
  constexpr std::int32_t wanted[] = {141};
  EXPECT_TRUE(*contains_any(opened->part.authorization_data, wanted));
}

Octets sealed_list(const TestTgs& request, const ticket::AuthorizationList& list) {
  return crypto::encrypt(request.session_key, key_usage::tgs_req_authdata_session_key,
                         kerberos::encode(list.list()));
}

ticket::AuthorizationList restrictions(std::size_t count, Bytes contents) {
  ticket::AuthorizationList list;
  for (std::size_t i = 0; i < count; ++i) list.add({141, contents, {}});
  return list;
}

// Nor does it give a ticket that it would not take back.
TEST_F(TgsExchange, TakesAsMuchAuthorizationDataAsATicketHolds) {
  const Octets contents{1, 2, 3};
  for (const auto& [count, expected] : {std::pair(std::size_t{64}, 0), {72, 12}, {73, 12}, {1000, 12}}) {
    TestTgs request = tgs();
    request.request.enc_authorization_data = {18, sealed_list(request, restrictions(count, contents))};
    EXPECT_EQ(code(request), expected) << count;
    TestTgs forwarded = for_krbtgt(tgs(), 0);
    forwarded.request.enc_authorization_data = {18, sealed_list(forwarded, restrictions(count, contents))};
    EXPECT_EQ(code(forwarded), expected) << count;
    if (expected != 0) continue;
    const TestReply tgt = get(forwarded);
    EXPECT_EQ(code(TestTgs(tgt)), 0);
    TestTgs more(tgt);
    more.request.enc_authorization_data = {18, sealed_list(more, restrictions(count, contents))};
    EXPECT_EQ(code(more), 12);
  }
}

TEST_F(TgsExchange, RefusesAuthorizationDataThatNestsTooDeep) {
  const Octets innermost{1, 2, 3};
  for (const auto& [depth, expected] : {std::pair(7, 0), {8, 12}, {100, 12}}) {
    TestTgs request = tgs();
    ticket::AuthorizationList list = restrictions(1, innermost);
    for (int i = 0; i < depth; ++i) {
      const Octets inside = kerberos::encode(list.list());
      list = {};
      list.add({kerberos::authorization_data::if_relevant, inside, {}});
    }
    request.request.enc_authorization_data = {18, sealed_list(request, list)};
    EXPECT_EQ(code(request), expected) << depth;
  }
}

TEST_F(TgsExchange, RefusesWhatWouldMakeItsReplyTooLong) {
  for (const auto& [size, expected] : {std::pair(std::size_t{100} * 1024, 0), {max_reply, 61}}) {
    TestTgs request = tgs();
    request.request.enc_authorization_data = {18, sealed_list(request, restrictions(1, Octets(size, 1)))};
    const Answer answer = realm_.ask(request.encoded());
    EXPECT_EQ(answer.code, expected);
    EXPECT_EQ(answer.issued.has_value(), expected == 0);
    EXPECT_LE(answer.message.size(), max_reply);
  }
}

TEST_F(TgsExchange, RefusesDataThatIsMandatoryForTheKdc) {
  TestTgs request = tgs();
  const Octets contents{0x30, 0};
  request.request.enc_authorization_data = {18, sealed_data(request, 8, contents)};
  EXPECT_EQ(code(request), 12);
}

class UserToUser : public TgsExchange {
 protected:
  UserToUser() {
    TestRequest request;
    request.cname = kerberos::Name(1, {"bob"});
    const crypto::Key key = realm_.directory.key("bob", 18);
    bob_ = open_reply(realm_.ask(request.with_timestamp(key).encoded()), key, key_usage::as_rep);
  }
  TestTgs to_bob() {
    TestTgs request = for_service(tgs(), {"bob"});
    request.request.options = option::enc_tkt_in_skey;
    request.request.tickets = {bob_.ticket()};
    return request;
  }
  TestReply bob_;
};

TEST_F(UserToUser, EncryptsTheTicketInTheOthersSessionKey) {
  const TestReply got = get(to_bob());
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(got.rep.ticket.enc_part.kvno);
  const auto opened = ticket::open_ticket(got.rep.ticket, *bob_.session_key);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(ticket::verify_service_pac(*opened, *bob_.session_key, krbtgt()));
}

TEST_F(UserToUser, ChecksTheSecondTicket) {
  TestTgs request = to_bob();
  request.request.tickets.clear();
  EXPECT_EQ(code(request), 13);
  request.request.tickets = {get(tgs()).ticket()};
  EXPECT_EQ(code(request), 12);
  request.request.tickets = {tgt_.ticket()};
  EXPECT_EQ(code(request), 36);
  Forged forged(realm_);
  forged.lifetime.end = test_now - 1;
  request.request.tickets = {forged.issued()};
  EXPECT_EQ(code(request), 32);
  forged.key = crypto::Key::random(18);
  request.request.tickets = {forged.issued()};
  EXPECT_EQ(code(request), 31);
}

TEST_F(UserToUser, WantsTheOthersEtype) {
  TestTgs request = to_bob();
  request.request.etypes = {17};
  EXPECT_EQ(code(request), 14);
}

TEST_F(TgsExchange, SaysWhoAskedForWhatInTheLog) {
  const Answer answer = realm_.ask(tgs().encoded());
  EXPECT_EQ(answer.client, "alice");
  EXPECT_EQ(answer.service, "HTTP/www.r.test");
}

}  // namespace
}  // namespace ferryman::kdc
