// Services that act for users, check by check.
#include "kdc/s4u.h"

#include <gtest/gtest.h>

#include <memory>

#include "kdc/test_partial_tgt.h"
#include "kdc/test_s4u.h"
#include "kerberos/fast.h"
#include "pac/info.h"
#include "pac/logon_info.h"

namespace ferryman::kdc {
namespace {

using directory::AccountKind;
using NameParts = std::vector<std::string_view>;

class S4uTest : public testing::Test {
 protected:
  S4uTest() {
    realm_.directory.add("SQL$", AccountKind::service, {"postgres/sql.r.test"});
    realm_.directory.add("FILES$", AccountKind::service, {"cifs/files.r.test"});
    realm_.account("WEB$").settings.flags.trusted_to_auth = true;
    tgt_ = log_on("WEB$");
  }
  crypto::Key key(std::string_view name) { return realm_.directory.key(name, 18); }
  crypto::Key krbtgt() { return key("krbtgt/R.TEST"); }
  TestReply log_on(std::string_view name, std::uint32_t options = option::forwardable | option::renewable) {
    TestRequest request;
    request.cname = kerberos::Name(1, {name});
    request.options = options;
    request.till = 0;
    request.with_timestamp(key(name), realm_.now.seconds);
    return open_reply(realm_.ask(request.encoded()), key(name), key_usage::as_rep);
  }
  static TestTgs request_of(const TestReply& tgt, std::string_view holder,
                            std::initializer_list<std::string_view> service) {
    TestTgs request(tgt);
    request.cname = kerberos::Name(1, {holder});
    request.request.sname = kerberos::Name(2, service);
    request.request.options = option::forwardable;
    return request;
  }
  Answer ask(const TestTgs& request) { return realm_.ask(request.encoded()); }
  std::int32_t code(const TestTgs& request) { return ask(request).code; }
  TestReply get(const TestTgs& request) { return request.open(ask(request)); }
  static bool is_forwardable(const TestReply& reply) {
    return reply.ok() && (reply.part.flags & flag::forwardable) != 0;
  }

  // The PAC of a ticket, all of whose signatures are right, with what it views.
  struct Opened {
    Octets octets;
    std::unique_ptr<ticket::OpenedTicket> ticket;
    std::optional<pac::Pac> pac;
  };
  Opened open(const TestReply& reply, std::string_view service) {
    Opened opened{reply.ticket(), nullptr, std::nullopt};
    auto ticket = ticket::open_ticket(*kerberos::parse<kerberos::Ticket>(opened.octets), key(service));
    if (!ticket) return opened;
    opened.ticket = std::make_unique<ticket::OpenedTicket>(std::move(*ticket));
    if (auto pac = ticket::verify_service_pac(*opened.ticket, key(service), krbtgt()))
      opened.pac = std::move(*pac);
    return opened;
  }

  TestRealm realm_;
  TestReply tgt_;
};

class S4u2Self : public S4uTest {
 protected:
  TestTgs to_self(const TestReply& tgt) { return request_of(tgt, "WEB$", {"HTTP", "www.r.test"}); }
  TestTgs for_user(const TestForUser& user = {}) {
    TestTgs request = to_self(tgt_);
    request.request.with(padata::for_user, user.encoded(request.session_key));
    return request;
  }
  TestTgs for_x509_user(const TestX509User& user = {}) {
    TestTgs request = to_self(tgt_);
    request.request.with(padata::for_x509_user, user.encoded(request.session_key));
    return request;
  }
};

TEST_F(S4u2Self, GivesATicketForTheUserOnTheServicesWord) {
  const TestReply got = get(for_user());
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got.rep.cname.is({"alice"}));
  EXPECT_TRUE(is_forwardable(got));
  EXPECT_EQ(got.part.endtime, tgt_.part.endtime);
  const Opened opened = open(got, "WEB$");
  ASSERT_TRUE(opened.pac);
  EXPECT_TRUE(opened.ticket->part.cname.is({"alice"}));
  EXPECT_EQ(opened.pac->find(pac::requestor), nullptr);
  const auto info = pac::LogonInfo::parse(opened.pac->find(pac::logon_info)->octets);
  EXPECT_EQ(info->user_id, realm_.account("alice").rid);
  ASSERT_EQ(info->extra_sids.size(), 1U);
  EXPECT_EQ(info->extra_sids[0].sid.text(), "S-1-18-2");
  EXPECT_EQ(opened.pac->find(pac::delegation_info), nullptr);
}

TEST_F(S4u2Self, IsWrittenToTheLog) {
  const Answer answer = ask(for_user());
  EXPECT_EQ(answer.client, "WEB$");
  EXPECT_EQ(answer.service, "HTTP/www.r.test");
  EXPECT_EQ(answer.acts_for.how, S4u::self);
  EXPECT_EQ(answer.acts_for.user, "alice");
  const Answer refused = ask(for_user({.bend_checksum = true}));
  EXPECT_EQ(refused.acts_for.user, "alice");
  EXPECT_EQ(ask(to_self(tgt_)).acts_for.how, S4u::none);
}

// K14
TEST_F(S4u2Self, WantsAKeyedChecksumOfTheSessionKey) {
  EXPECT_EQ(code(for_user({.checksum_type = 16})), 0);
  EXPECT_EQ(code(for_user({.bend_checksum = true})), 41);
  EXPECT_EQ(code(for_user({.checksum_type = 16, .bend_checksum = true})), 41);
  for (const std::int32_t type : {1, 2, 7, 14, 15, 9999})
    EXPECT_EQ(code(for_user({.checksum_type = type})), 50) << type;
  TestTgs request = to_self(tgt_);
  request.subkey = crypto::Key::random(18);
  request.request.with(padata::for_user, TestForUser().encoded(*request.subkey));
  EXPECT_EQ(code(request), 41) << "the subkey is not it";
}

TEST_F(S4u2Self, RefusesWhatIsNotWellFormed) {
  for (const std::int32_t type : {padata::for_user, padata::for_x509_user}) {
    TestTgs request = to_self(tgt_);
    request.request.with(type, {1, 2, 3});
    EXPECT_EQ(code(request), 60) << type;
  }
}

TEST_F(S4u2Self, TakesTheNewerElementAndAnswersIt) {
  for (const bool with_subkey : {false, true}) {
    TestTgs request = to_self(tgt_);
    if (with_subkey) request.subkey = crypto::Key::random(17);
    const crypto::Key& used = with_subkey ? *request.subkey : request.session_key;
    request.request.with(padata::for_x509_user, TestX509User().encoded(used));
    const TestReply got = get(request);
    ASSERT_TRUE(got.ok());
    EXPECT_TRUE(got.rep.cname.is({"alice"}));
    const auto element = got.rep.padata.find(padata::for_x509_user);
    ASSERT_TRUE(element);
    const auto reply = kerberos::parse<kerberos::PaS4uX509User>(element->value);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->user_id.nonce, request.request.nonce);
    EXPECT_TRUE(reply->user_id.cname->is({"alice"}));
    EXPECT_EQ(reply->user_id.options, kerberos::s4u_option::use_reply_key_usage);
    EXPECT_TRUE(crypto::verify_checksum(used, key_usage::s4u_x509_user_reply, reply->checksum.type,
                                        reply->user_id.octets, reply->checksum.value));
  }
}

TEST_F(S4u2Self, AnswersInTheOldUsageWhereTheNewOneIsNotAsked) {
  const TestTgs request = for_x509_user({.options = kerberos::s4u_option::check_logon_hours});
  const TestReply got = get(request);
  ASSERT_TRUE(got.ok());
  const auto reply =
      kerberos::parse<kerberos::PaS4uX509User>(got.rep.padata.find(padata::for_x509_user)->value);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->user_id.options);
  EXPECT_TRUE(crypto::verify_checksum(request.session_key, key_usage::s4u_x509_user_request,
                                      reply->checksum.type, reply->user_id.octets, reply->checksum.value));
  EXPECT_FALSE(get(for_user()).rep.padata.has(padata::for_x509_user));
}

TEST_F(S4u2Self, AnswersWithTheNameThatTheTicketHas) {
  realm_.account("alice").upns = {"al@example.com"};
  for (const std::string_view realm : {"R.TEST", ""}) {
    const kerberos::Name upn(kerberos::name_type::enterprise, {"al@example.com"});
    const TestReply got = get(for_x509_user({.name = upn, .realm = realm}));
    ASSERT_TRUE(got.ok());
    const auto reply =
        kerberos::parse<kerberos::PaS4uX509User>(got.rep.padata.find(padata::for_x509_user)->value);
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->user_id.cname->is({"alice"}));
    EXPECT_EQ(reply->user_id.crealm, "R.TEST");
  }
}

TEST_F(S4u2Self, PrefersTheNewerElement) {
  TestTgs request = for_user({.name = kerberos::Name(1, {"bob"})});
  request.request.with(padata::for_x509_user, TestX509User().encoded(request.session_key));
  EXPECT_TRUE(get(request).rep.cname.is({"alice"}));
  request = for_user();
  request.request.with(padata::for_x509_user,
                       TestX509User{.bend_checksum = true}.encoded(request.session_key));
  EXPECT_EQ(code(request), 41);
}

TEST_F(S4u2Self, ChecksTheNewerElement) {
  EXPECT_EQ(code(for_x509_user({.nonce = 1})), 41);
  EXPECT_EQ(code(for_x509_user({.bend_checksum = true})), 41);
  for (const std::int32_t type : {7, -138, 15})
    EXPECT_EQ(code(for_x509_user({.checksum_type = type})), 50) << type;
  EXPECT_EQ(code(for_x509_user({.certificate = {1, 2, 3}})), 6);
  EXPECT_EQ(code(for_x509_user({.name = std::nullopt})), 6);
}

TEST_F(S4u2Self, IsForTheCallerAlone) {
  for (const NameParts& service :
       {NameParts{"postgres", "sql.r.test"}, {"krbtgt", "R.TEST"}, {"kadmin", "changepw"}}) {
    TestTgs request = for_user();
    request.request.sname = kerberos::Name(2, service);
    EXPECT_EQ(code(request), 36);
  }
  TestTgs request = for_user();
  request.request.sname = kerberos::Name(1, {"WEB$"});
  EXPECT_EQ(code(request), 0) << "by whatever name";
}

TEST_F(S4u2Self, IsNotForWhoHasNoSpn) {
  const TestReply tgt = log_on("bob");
  TestTgs request = request_of(tgt, "bob", {"bob"});
  request.request.with(padata::for_user, TestForUser().encoded(request.session_key));
  EXPECT_EQ(code(request), 7);
}

TEST_F(S4u2Self, HasNoOptionsOfOtherRequests) {
  for (const std::uint32_t bit : {option::forwarded, option::proxy, option::renew, option::validate,
                                  option::enc_tkt_in_skey, option::cname_in_addl_tkt}) {
    TestTgs request = for_user();
    request.request.options = bit;
    EXPECT_EQ(code(request), 13) << bit;
  }
}

TEST_F(S4u2Self, WantsAUserWhoMayLogOn) {
  EXPECT_EQ(code(for_user({.name = kerberos::Name(1, {"nobody"})})), 6);
  EXPECT_EQ(code(for_user({.name = kerberos::Name(2, {"krbtgt", "R.TEST"})})), 6);
  EXPECT_EQ(code(for_user({.realm = "OTHER.TEST"})), 6);
  EXPECT_EQ(code(for_user({.realm = ""})), 0);
  realm_.account("alice").settings.flags.must_change = true;
  realm_.account("alice").password_expires = test_now - 1;
  EXPECT_EQ(code(for_user()), 0) << "nobody proves a password";
  realm_.account("alice").settings.expires = test_now;
  EXPECT_EQ(code(for_user()), 18);
  realm_.account("alice").settings.expires.reset();
  realm_.account("alice").settings.flags.disabled = true;
  EXPECT_EQ(code(for_user()), 18);
}

TEST_F(S4u2Self, NamesTheUserAsAskedOrCanonically) {
  realm_.account("alice").upns = {"al@example.com"};
  const kerberos::Name upn(kerberos::name_type::enterprise, {"al@example.com"});
  EXPECT_TRUE(get(for_user({.name = upn})).rep.cname.is({"alice"}));
  const kerberos::Name plain(kerberos::name_type::principal, {"al@example.com"});
  TestTgs request = for_user({.name = plain});
  EXPECT_TRUE(get(request).rep.cname.is({"al@example.com"}));
  request.request.options |= option::canonicalize;
  EXPECT_TRUE(get(request).rep.cname.is({"alice"}));
}

// K15
TEST_F(S4u2Self, IsForwardableForATrustedServiceAndAUserWhoIsNotSensitive) {
  EXPECT_TRUE(is_forwardable(get(for_user())));
  TestTgs unasked = for_user();
  unasked.request.options = 0;
  EXPECT_FALSE(is_forwardable(get(unasked)));
  realm_.account("alice").settings.flags.sensitive = true;
  EXPECT_TRUE(get(for_user()).ok());
  EXPECT_FALSE(is_forwardable(get(for_user())));
  realm_.account("alice").settings.flags.sensitive = false;
  realm_.account("WEB$").settings.flags.trusted_to_auth = false;
  EXPECT_TRUE(get(for_user()).ok());
  EXPECT_FALSE(is_forwardable(get(for_user())));
  realm_.account("WEB$").settings.flags.trusted_to_auth = true;
  tgt_ = log_on("WEB$", 0);
  EXPECT_FALSE(is_forwardable(get(for_user())));
}

TEST_F(S4u2Self, TakesNothingOfTheServicesOwnAuthorizationData) {
  TestTgs forwarded = to_self(tgt_);
  forwarded.request.sname = kerberos::Name(2, {"krbtgt", "R.TEST"});
  forwarded.request.options = option::forwarded | option::forwardable;
  ticket::AuthorizationList list;
  const Octets octets{1, 2, 3};
  list.add({kerberos::authorization_data::restriction_entry, octets, {}});
  forwarded.request.enc_authorization_data = {
      18, crypto::encrypt(forwarded.session_key, key_usage::tgs_req_authdata_session_key,
                          kerberos::encode(list.list()))};
  tgt_ = get(forwarded);
  ASSERT_TRUE(tgt_.ok());
  const TestReply got = get(for_user());
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.part.flags & flag::forwarded, 0U) << "nor is it a forwarded ticket of hers";
  const Opened opened = open(got, "WEB$");
  constexpr std::int32_t wanted[] = {kerberos::authorization_data::restriction_entry};
  EXPECT_FALSE(*contains_any(opened.ticket->part.authorization_data, wanted));
}

// K10
TEST_F(S4u2Self, IsNotForAPartialTgt) {
  realm_.account("WEB$").settings.primary_group = directory::rid::domain_computers;
  PartialTgt partial(realm_, realm_.directory.add_rodc(PartialTgt::number, PartialTgt::version,
                                                       directory::rid::domain_computers));
  partial.cname = kerberos::Name(1, {"WEB$"});
  partial.pac_name = u"WEB$";
  partial.requester = PartialTgt::sid(realm_, "WEB$");
  TestTgs request = to_self(tgt_);
  request.ticket = partial.ticket();
  request.session_key = partial.session.copy();
  EXPECT_EQ(code(request), 0);
  request.request.with(padata::for_user, TestForUser().encoded(request.session_key));
  EXPECT_EQ(code(request), 6);
  TestTgs proxy = to_self(tgt_);
  proxy.ticket = partial.ticket();
  proxy.session_key = partial.session.copy();
  proxy.request.options = option::cname_in_addl_tkt;
  EXPECT_EQ(code(proxy), 13);
}

// Evidence: alice's ticket to WEB$.
class S4u2Proxy : public S4uTest {
 protected:
  S4u2Proxy() {
    const TestReply tgt = get_tgt(realm_, option::forwardable);
    evidence_ = get(request_of(tgt, "alice", {"HTTP", "www.r.test"})).ticket();
    allow("WEB$", "SQL$").by_actor = true;
  }
  directory::Delegation& allow(std::string_view actor, std::string_view target) {
    return realm_.directory.delegation_list[{realm_.account(actor).id, realm_.account(target).id}];
  }
  TestTgs proxy(const Octets& evidence, std::uint32_t pac_options = 0) {
    TestTgs request = request_of(tgt_, "WEB$", {"postgres", "sql.r.test"});
    request.request.options |= option::cname_in_addl_tkt;
    request.request.tickets = {evidence};
    if (pac_options != 0)
      request.request.with(padata::pac_options, kerberos::encode(kerberos::PacOptions{pac_options}));
    return request;
  }
  TestTgs proxy() { return proxy(evidence_); }
  AlteredTicket altered() { return {evidence_, key("WEB$")}; }
  // Of the answer to a request with that evidence.
  std::string reason(const Octets& evidence, std::int32_t expected) {
    const Answer answer = ask(proxy(evidence));
    EXPECT_EQ(answer.code, expected) << answer.reason;
    return answer.reason;
  }

  static constexpr std::uint32_t resource_based = kerberos::pac_option::resource_based_constrained_delegation;
  Octets evidence_;
};

TEST_F(S4u2Proxy, GivesATicketForTheEvidencesUser) {
  realm_.now.seconds += 60;
  tgt_ = log_on("WEB$");
  TestTgs request = proxy();
  request.ctime = realm_.now.seconds;
  request.request.till = 0;
  const TestReply got = get(request);
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got.rep.cname.is({"alice"}));
  EXPECT_TRUE(is_forwardable(got));
  EXPECT_EQ(got.part.authtime, test_now) << "when she has proven her key";
  EXPECT_EQ(got.part.endtime, test_now + 36000) << "no longer than the evidence";
  const Opened opened = open(got, "SQL$");
  ASSERT_TRUE(opened.pac);
  const auto logon = pac::LogonInfo::parse(opened.pac->find(pac::logon_info)->octets);
  EXPECT_EQ(logon->extra_sids.at(0).sid.text(), "S-1-18-1");
  const auto info = pac::DelegationInfo::parse(opened.pac->find(pac::delegation_info)->octets);
  EXPECT_EQ(info->proxy_target, u"postgres/sql.r.test");
  EXPECT_EQ(info->transited_services,
            (std::vector<std::optional<std::u16string>>{u"HTTP/www.r.test@R.TEST"}));
}

TEST_F(S4u2Proxy, IsWrittenToTheLog) {
  Answer answer = ask(proxy());
  EXPECT_EQ(answer.client, "WEB$");
  EXPECT_EQ(answer.service, "postgres/sql.r.test");
  EXPECT_EQ(answer.acts_for.how, S4u::proxy);
  EXPECT_EQ(answer.acts_for.user, "alice");
  allow("WEB$", "SQL$").by_actor = false;
  answer = ask(proxy());
  EXPECT_EQ(answer.code, 13);
  EXPECT_EQ(answer.acts_for.user, "alice");
}

TEST_F(S4u2Proxy, GoesOnAlongAChainThatThePacTells) {
  allow("SQL$", "FILES$").by_actor = true;
  const TestReply first = get(proxy());
  TestTgs request = request_of(log_on("SQL$"), "SQL$", {"cifs", "files.r.test"});
  request.request.options |= option::cname_in_addl_tkt;
  request.request.tickets = {first.ticket()};
  const Opened opened = open(get(request), "FILES$");
  ASSERT_TRUE(opened.pac);
  const auto info = pac::DelegationInfo::parse(opened.pac->find(pac::delegation_info)->octets);
  EXPECT_EQ(info->proxy_target, u"cifs/files.r.test");
  EXPECT_EQ(info->transited_services, (std::vector<std::optional<std::u16string>>{
                                          u"HTTP/www.r.test@R.TEST", u"postgres/sql.r.test@R.TEST"}));
}

TEST_F(S4u2Proxy, GoesOnWithATicketOfS4u2SelfOfATrustedService) {
  const auto self = [this] {
    TestTgs request = request_of(tgt_, "WEB$", {"HTTP", "www.r.test"});
    request.request.with(padata::for_user, TestForUser().encoded(request.session_key));
    return get(request).ticket();
  };
  const Opened opened = open(get(proxy(self())), "SQL$");
  ASSERT_TRUE(opened.pac);
  const auto logon = pac::LogonInfo::parse(opened.pac->find(pac::logon_info)->octets);
  EXPECT_EQ(logon->extra_sids.at(0).sid.text(), "S-1-18-2");
  realm_.account("WEB$").settings.flags.trusted_to_auth = false;
  EXPECT_EQ(reason(self(), 13), "the evidence is not forwardable");
}

TEST_F(S4u2Proxy, IsAllowedByTheActorsOwnListOrWhereAskedForByTheTargets) {
  EXPECT_EQ(code(proxy(evidence_, resource_based)), 0);
  allow("WEB$", "SQL$") = {false, true};
  EXPECT_EQ(code(proxy(evidence_, resource_based)), 0);
  EXPECT_EQ(reason(evidence_, 13), "S4U2Proxy that the target allows, and the request does not ask for it");
  EXPECT_EQ(code(proxy(evidence_, kerberos::pac_option::claims)), 13);
  TestTgs garbage = proxy();
  garbage.request.with(padata::pac_options, {1, 2, 3});
  EXPECT_EQ(code(garbage), 13);
  allow("WEB$", "SQL$") = {};
  allow("SQL$", "WEB$") = {true, true};
  EXPECT_EQ(code(proxy(evidence_, resource_based)), 13);
}

TEST_F(S4u2Proxy, IsForNoTgtWhateverIsAllowed) {
  allow("WEB$", "krbtgt/R.TEST") = {true, true};
  allow("WEB$", "kadmin/changepw") = {true, true};
  TestTgs request = proxy(evidence_, resource_based);
  request.request.sname = kerberos::Name(2, {"krbtgt", "R.TEST"});
  EXPECT_EQ(code(request), 13);
  request.request.sname = kerberos::Name(2, {"kadmin", "changepw"});
  EXPECT_EQ(code(request), 12);
}

TEST_F(S4u2Proxy, IsForNoTgtAndNotForItself) {
  for (const NameParts& service : {NameParts{"krbtgt", "R.TEST"},
                                   {"kadmin", "changepw"},
                                   {"cifs", "files.r.test"},
                                   {"HTTP", "www.r.test"}}) {
    TestTgs request = proxy();
    request.request.sname = kerberos::Name(2, service);
    EXPECT_EQ(code(request), 13);
  }
}

TEST_F(S4u2Proxy, WantsEvidenceToTheCaller) {
  TestTgs request = proxy();
  request.request.tickets.clear();
  EXPECT_EQ(code(request), 13);
  const TestReply alice = get_tgt(realm_, option::forwardable);
  EXPECT_EQ(code(proxy(alice.ticket())), 13) << "a TGT";
  const Octets of_sql = get(request_of(alice, "alice", {"postgres", "sql.r.test"})).ticket();
  EXPECT_EQ(code(proxy(of_sql)), 13);
  AlteredTicket named(of_sql, key("SQL$"));
  EXPECT_EQ(reason(named.set_sname(kerberos::Name(2, {"HTTP", "www.r.test"})).encoded(), 31),
            "not decrypted by the key");
  EXPECT_EQ(code(proxy(altered().set_sname(kerberos::Name(2, {"HOST", "www.r.test"})).encoded())), 0)
      << "another of its names";
}

TEST_F(S4u2Proxy, OpensEvidenceOfKeysThatAreThereOnly) {
  EXPECT_EQ(code(proxy(altered().set_kvno(1).encoded())), 44);
  EXPECT_EQ(code(proxy(altered().set_key(crypto::Key::random(18)).encoded())), 31);
  std::vector<directory::LongTermKey> keys;
  keys.push_back({18, 0, {}, {}, Secret(crypto::Key::random(18).octets())});
  ASSERT_TRUE(realm_.directory.set_keys(realm_.directory.tenant().id, realm_.account("WEB$").id, keys, {}));
  EXPECT_EQ(code(proxy()), 0) << "a former one is kept";
}

TEST_F(S4u2Proxy, TakesEvidenceFromBeforeKrbtgtWasRotated) {
  std::vector<directory::LongTermKey> keys;
  keys.push_back({18, 0, {}, {}, Secret(crypto::Key::random(18).octets())});
  const auto krbtgt_id = realm_.account("krbtgt/R.TEST").id;
  ASSERT_TRUE(realm_.directory.set_keys(realm_.directory.tenant().id, krbtgt_id, keys, {}));
  EXPECT_EQ(code(proxy()), 0);
}

// K8
TEST_F(S4u2Proxy, RefusesEvidenceThatTheServiceMadeForwardable) {
  const TestReply tgt = get_tgt(realm_, 0);
  evidence_ = get(request_of(tgt, "alice", {"HTTP", "www.r.test"})).ticket();
  EXPECT_EQ(reason(evidence_, 13), "the evidence is not forwardable");
  AlteredTicket bronze = altered();
  bronze.part().flags |= flag::forwardable;
  EXPECT_EQ(reason(bronze.encoded(), 41), "the PAC's ticket signature");
}

TEST_F(S4u2Proxy, RefusesEvidenceThatTheServiceHasAltered) {
  EXPECT_EQ(code(proxy(altered().encoded())), 0) << "as long as nothing is other than it was";
  AlteredTicket longer = altered();
  longer.part().endtime += 1;
  EXPECT_EQ(reason(longer.encoded(), 41), "the PAC's ticket signature");
  AlteredTicket others = altered();
  const kerberos::Name bob(1, {"bob"});
  others.part().cname = bob.view();
  EXPECT_EQ(reason(others.encoded(), 41), "the PAC is another client's");
  AlteredTicket without = altered();
  without.part().authorization_data = {};
  EXPECT_EQ(reason(without.encoded(), 41), "no PAC in the ticket");
}

// K12
TEST_F(S4u2Proxy, WantsAllFourSignaturesOfTheEvidence) {
  EXPECT_EQ(reason(altered().resign(krbtgt(), {pac::ticket_checksum}).encoded(), 41),
            "the PAC's ticket signature");
  EXPECT_EQ(reason(altered().resign(krbtgt(), {pac::full_checksum}).encoded(), 41),
            "the PAC's full signature");
  EXPECT_EQ(reason(altered().resign(krbtgt(), {pac::upn_dns_info}).encoded(), 41), "the PAC's full signature")
      << "what it is over is other";
  AlteredTicket forged = altered();
  forged.resign(krbtgt(), {});
  EXPECT_EQ(reason(forged.encoded(), 41), "the PAC's full signature") << "another order of the buffers";
}

TEST_F(S4u2Proxy, WantsEvidenceThatIsValidNow) {
  realm_.now.seconds = test_now + 36001;
  tgt_ = log_on("WEB$");
  TestTgs request = proxy();
  request.ctime = realm_.now.seconds;
  request.request.till = 0;
  EXPECT_EQ(code(request), 32);
}

TEST_F(S4u2Proxy, WantsAUserWhoIsStillTheSame) {
  realm_.account("alice").rid += 1000;
  EXPECT_EQ(code(proxy()), 20);
  realm_.account("alice").rid -= 1000;
  realm_.account("alice").settings.flags.disabled = true;
  EXPECT_EQ(code(proxy()), 18);
  realm_.directory.remove("alice");
  EXPECT_EQ(code(proxy()), 20);
}

// K15
TEST_F(S4u2Proxy, IsNotForASensitiveUser) {
  realm_.account("alice").settings.flags.sensitive = true;
  EXPECT_EQ(reason(evidence_, 13), "the evidence is of a sensitive user");
}

TEST_F(S4u2Proxy, HasNoOptionsOfOtherRequests) {
  for (const std::uint32_t bit :
       {option::forwarded, option::proxy, option::renew, option::validate, option::enc_tkt_in_skey}) {
    TestTgs request = proxy();
    request.request.options |= bit;
    EXPECT_EQ(code(request), 13) << bit;
  }
}

TEST_F(S4u2Proxy, IsNoMoreThanTheCallersTgtPermits) {
  tgt_ = log_on("WEB$", 0);
  EXPECT_FALSE(is_forwardable(get(proxy())));
  realm_.account("SQL$").settings.flags.disabled = true;
  EXPECT_EQ(code(proxy()), 7);
  realm_.account("SQL$").settings.flags.disabled = false;
  realm_.account("SQL$").settings.expires = test_now;
  EXPECT_EQ(code(proxy()), 2);
  realm_.account("WEB$").settings.flags.disabled = true;
  EXPECT_EQ(code(proxy()), 18);
}

TEST_F(S4u2Proxy, HandsTheUsersRestrictionsOn) {
  const TestReply tgt = get_tgt(realm_, option::forwardable);
  TestTgs request = request_of(tgt, "alice", {"HTTP", "www.r.test"});
  ticket::AuthorizationList list;
  const Octets octets{1, 2, 3};
  list.add({kerberos::authorization_data::restriction_entry, octets, {}});
  request.request.enc_authorization_data = {
      18, crypto::encrypt(request.session_key, key_usage::tgs_req_authdata_session_key,
                          kerberos::encode(list.list()))};
  const Opened opened = open(get(proxy(get(request).ticket())), "SQL$");
  ASSERT_TRUE(opened.pac);
  constexpr std::int32_t wanted[] = {kerberos::authorization_data::restriction_entry};
  EXPECT_TRUE(*contains_any(opened.ticket->part.authorization_data, wanted));
}

}  // namespace
}  // namespace ferryman::kdc
