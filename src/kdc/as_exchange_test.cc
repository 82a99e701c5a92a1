// The AS exchange, check by check: what is wrong later in the order is wrong in the same request too wherever
// that can be, so that a check out of its place shows.
#include "kdc/as_exchange.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "directory/seal.h"
#include "kdc/test_client.h"
#include "kerberos/error_data.h"
#include "pac/info.h"
#include "ticket/ticket_pac.h"

namespace ferryman::kdc {
namespace {

class AsExchange : public testing::Test {
 protected:
  std::int32_t code(const TestRequest& request) { return realm_.ask(request.encoded()).code; }
  TestRequest proven(std::int64_t time = test_now) {
    return TestRequest().with_timestamp(realm_.directory.key("alice", 18), time);
  }
  static TestRequest wrong() { return TestRequest().with_timestamp(crypto::Key::random(18)); }
  TestReply reply(const TestRequest& request) {
    return open_reply(realm_.ask(request.encoded()), realm_.directory.key("alice", 18), key_usage::as_rep);
  }

  TestRealm realm_;
};

std::vector<std::int32_t> types_in(Bytes method_data) {
  std::vector<std::int32_t> types;
  auto list = kerberos::parse<kerberos::PadataList>(method_data);
  kerberos::Padata element;
  while (list && list->next(element)) types.push_back(element.type);
  return types;
}

TEST_F(AsExchange, AnswersWhatIsNotWellFormed) {
  EXPECT_EQ(realm_.ask(as_bytes("no DER")).code, 60);
  EXPECT_EQ(realm_.ask({}).code, 60);
  Octets request = TestRequest().encoded();
  const Octets version{0xa1, 3, 2, 1, 5}, type{0xa2, 3, 2, 1, 10};
  auto at = std::search(request.begin(), request.end(), version.begin(), version.end());
  at[4] = 4;
  EXPECT_EQ(realm_.ask(request).code, 3);
  at[4] = 5;
  at = std::search(request.begin(), request.end(), type.begin(), type.end());
  at[4] = 12;
  EXPECT_EQ(realm_.ask(request).code, 40);
}

TEST_F(AsExchange, WantsNames) {
  TestRequest request;
  request.cname.reset();
  request.sname.reset();
  EXPECT_EQ(code(request), 6);
  request = {};
  request.sname.reset();
  EXPECT_EQ(code(request), 7);
}

TEST_F(AsExchange, TellsTheRealmThatIsMeant) {
  TestRequest request;
  request.realm = "r.test";
  const Answer answer = realm_.ask(request.encoded());
  EXPECT_EQ(answer.code, 68);
  EXPECT_EQ(error_of(answer).crealm, "R.TEST");
  request.realm = "OTHER.TEST";
  EXPECT_EQ(code(request), 6);
}

TEST_F(AsExchange, LooksForTheClientBeforeTheService) {
  TestRequest request;
  request.cname = kerberos::Name(1, {"nobody"});
  request.sname = kerberos::Name(2, {"krbtgt", "NOWHERE"});
  EXPECT_EQ(code(request), 6);
  request.cname = kerberos::Name(1, {"alice"});
  request.options = option::renew;
  EXPECT_EQ(code(request), 7);
}

TEST_F(AsExchange, IsNotForKrbtgtAsAClient) {
  TestRequest request;
  request.cname = kerberos::Name(2, {"krbtgt", "R.TEST"});
  EXPECT_EQ(code(request), 6);
}

TEST_F(AsExchange, RefusesOptionsOfTheTgsExchange) {
  for (const std::uint32_t bit : {option::forwarded, option::proxy, option::renew, option::validate,
                                  option::enc_tkt_in_skey, option::cname_in_addl_tkt}) {
    TestRequest request;
    request.options = bit | option::postdated;
    EXPECT_EQ(code(request), 13) << bit;
  }
}

TEST_F(AsExchange, NeverPostdates) {
  for (const std::uint32_t bit : {option::allow_postdate, option::postdated}) {
    TestRequest request;
    request.options = bit;
    request.sname = kerberos::Name(2, {"HTTP", "www.r.test"});
    EXPECT_EQ(code(request), 10);
  }
}

TEST_F(AsExchange, GivesTicketsForKrbtgtAndKadminOnly) {
  TestRequest request = proven();
  request.sname = kerberos::Name(1, {"bob"});
  EXPECT_EQ(code(request), 7);
  request.sname = kerberos::Name(3, {"HTTP", "www.r.test"});
  EXPECT_EQ(code(request), 12);
  request.sname = kerberos::Name(2, {"kadmin", "changepw"});
  EXPECT_EQ(code(request), 0);
}

TEST_F(AsExchange, WantsACommonEtype) {
  TestRequest request = proven();
  request.etypes = {23, 3, 9999};
  request.options = option::request_anonymous;
  EXPECT_EQ(code(request), 14);
  request.etypes = {9999, 18};
  EXPECT_EQ(code(request), 13);
  request.options = 0;
  EXPECT_EQ(code(request), 0);
}

TEST_F(AsExchange, TakesNoPasswordOfWhoMustUseAKey) {
  realm_.directory.at("alice").principal.key_required = true;
  EXPECT_EQ(code(TestRequest()), 12);
  EXPECT_EQ(code(proven()), 12);
}

TEST_F(AsExchange, WantsPreauthenticationAndTellsHow) {
  const Answer answer = realm_.ask(TestRequest().with(9999, {1, 2}).encoded());
  EXPECT_EQ(answer.code, 25);
  const kerberos::KrbError error = error_of(answer);
  EXPECT_EQ(types_in(error.e_data), (std::vector<std::int32_t>{136, 19, 2}));
  EXPECT_TRUE(error.e_text.empty());
  EXPECT_FALSE(error.cname);
  const auto list = kerberos::parse<kerberos::PadataList>(error.e_data);
  auto info = *kerberos::parse<kerberos::EtypeInfo2>(list->find(19)->value);
  kerberos::EtypeInfo2Entry entry;
  ASSERT_TRUE(info.next(entry));
  EXPECT_EQ(entry.etype, 18);
  EXPECT_EQ(as_text(*entry.salt), "R.TESTalice");
  EXPECT_FALSE(entry.s2kparams);
  EXPECT_FALSE(info.next(entry));
}

TEST_F(AsExchange, TellsTheSaltToWhoGuessedAnother) {
  const Answer answer = realm_.ask(wrong().encoded());
  EXPECT_EQ(answer.code, 24);
  EXPECT_EQ(types_in(error_of(answer).e_data), (std::vector<std::int32_t>{19}));
}

// K1, K2
TEST_F(AsExchange, FailsWhatIsNoProof) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const Octets cipher(size, 7);
    TestRequest request;
    request.with(2, kerberos::encode(kerberos::EncryptedData{18, std::nullopt, cipher}));
    EXPECT_EQ(code(request), 24) << size;
    realm_.account("alice").lockout = {};
  }
  EXPECT_EQ(code(TestRequest().with(2)), 24);
  EXPECT_EQ(code(TestRequest().with(2, {0x30, 0x80})), 24);
  EXPECT_EQ(code(TestRequest().with_timestamp(crypto::Key::random(23))), 24);
  EXPECT_EQ(realm_.account("alice").lockout.failures, 0U);
}

// K3
TEST_F(AsExchange, IgnoresAnEncryptedChallengeOutsideFast) {
  EXPECT_EQ(code(TestRequest().with(138, {1, 2, 3})), 25);
  EXPECT_EQ(code(TestRequest().with(138)), 25);
}

TEST_F(AsExchange, ToleratesTheSkewAndCorrectsMoreOfIt) {
  EXPECT_EQ(code(proven(test_now + 300)), 0);
  EXPECT_EQ(code(proven(test_now - 300)), 0);
  for (const std::int64_t off : {-301, 301}) {
    const Answer answer = realm_.ask(proven(test_now + off).encoded());
    EXPECT_EQ(answer.code, 37);
    EXPECT_EQ(error_of(answer).stime, "20231114221320Z");
    EXPECT_EQ(error_of(answer).susec, 500);
  }
  TestRequest request;
  request.with_timestamp(crypto::Key::random(18), test_now - 3600);
  EXPECT_EQ(code(request), 24);
}

// K22
TEST_F(AsExchange, OpensTheClientsKeyForAProofOnly) {
  const auto master =
      std::make_shared<const directory::MasterKey>(*directory::MasterKey::make(Octets(32, 1)));
  directory::Principal& alice = realm_.directory.at("alice").principal;
  const directory::SealedPlace place{directory::Sealed::key, alice.account.id, 2, 18};
  Octets sealed = master->seal(place, alice.keys[0].key.bytes());
  const auto seal = [&] {
    alice.keys[0].sealed = std::make_shared<const directory::SealedKey>(master, place, sealed);
  };
  seal();
  EXPECT_EQ(code(proven()), 0);
  sealed.back() ^= 1;
  seal();
  EXPECT_EQ(code(TestRequest()), 25);
  EXPECT_EQ(code(proven()), 29) << "it is damaged";
}

TEST_F(AsExchange, TellsTheAccountsStateToWhoHasProvenTheKeyOnly) {
  const auto expect = [&](std::int32_t proven_code) {
    EXPECT_EQ(code(TestRequest()), 25);
    EXPECT_EQ(code(wrong()), 24);
    const Answer answer = realm_.ask(proven().encoded());
    EXPECT_EQ(answer.code, proven_code);
    EXPECT_TRUE(kerberos::parse<kerberos::KerbErrorData>(error_of(answer).e_data));
  };
  directory::AccountSettings& settings = realm_.account("alice").settings;
  settings.flags.disabled = true;
  expect(18);
  settings.flags.disabled = false;
  settings.expires = test_now;
  expect(18);
  settings.expires.reset();
  settings.flags.must_change = true;
  expect(23);
  settings.flags.must_change = false;
  realm_.account("alice").password_expires = test_now - 1;
  expect(23);
  TestRequest request = proven();
  request.sname = kerberos::Name(2, {"kadmin", "changepw"});
  EXPECT_EQ(code(request), 0);
}

TEST_F(AsExchange, AnswersALockedAccountAlikeForRightAndWrong) {
  realm_.account("alice").lockout = {10, test_now, test_now + 900};
  EXPECT_EQ(code(TestRequest()), 25);
  EXPECT_EQ(code(wrong()), 18);
  EXPECT_EQ(code(proven()), 18);
}

// K21
TEST_F(AsExchange, OfParallelGuessesExactlyTheThresholdIsTried) {
  const Octets request = wrong().encoded();
  std::atomic<int> failed = 0, locked = 0;
  std::vector<std::thread> threads;
  threads.reserve(200);
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&] {
      const std::int32_t code = realm_.ask(request).code;
      if (code == 24) ++failed;
      if (code == 18) ++locked;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 10);
  EXPECT_EQ(locked, 190);
}

// K35
TEST_F(AsExchange, ForgetsFailuresForANewTimestampOnly) {
  const Octets right = proven().encoded();
  EXPECT_EQ(realm_.ask(right).code, 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code(wrong()), 24);
  EXPECT_EQ(realm_.ask(right).code, 0);
  EXPECT_EQ(realm_.account("alice").lockout.failures, 5U);
  EXPECT_EQ(code(proven(test_now + 1)), 0);
  EXPECT_EQ(realm_.account("alice").lockout.failures, 0U);
}

TEST_F(AsExchange, DoesNotCountAFormerPassword) {
  const crypto::Key former = realm_.directory.key("alice", 18);
  const auto keys = account::TestDirectory::keys_of("another", "R.TESTalice", 3);
  ASSERT_TRUE(realm_.directory.set_keys(realm_.directory.tenant().id, realm_.account("alice").id, keys, {}));
  EXPECT_EQ(code(TestRequest().with_timestamp(former)), 24);
  EXPECT_EQ(realm_.account("alice").lockout.failures, 0U);
}

TEST_F(AsExchange, HidesWhoIsUnknown) {
  realm_.policy.hide_unknown_clients = true;
  TestRequest unknown, known;
  unknown.cname = kerberos::Name(1, {"nobody"});
  const Answer answer = realm_.ask(unknown.encoded());
  EXPECT_EQ(answer.code, 25);
  EXPECT_EQ(types_in(error_of(answer).e_data), types_in(error_of(realm_.ask(known.encoded())).e_data));
}

TEST_F(AsExchange, LocksAnUnknownNameAsItWouldAUser) {
  realm_.policy.hide_unknown_clients = true;
  const auto guess = [this](std::string_view name, std::int32_t type = 1) {
    TestRequest request = wrong();
    request.cname = kerberos::Name(type, {name});
    return code(request);
  };
  const std::string at_realm = "Nobody@" + realm_.directory.tenant().realm;
  for (const std::string_view name : {"alice", "nobody"}) {
    SCOPED_TRACE(name);
    for (int i = 0; i < 9; ++i) EXPECT_EQ(guess(name), 24);
    EXPECT_EQ(
        guess(name == "nobody" ? at_realm : name, name == "nobody" ? kerberos::name_type::enterprise : 1),
        24);
    EXPECT_EQ(guess(name), 18);
  }
  EXPECT_EQ(guess(at_realm, kerberos::name_type::enterprise), 18);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(guess("NOBODY$"), 24);
}

TEST_F(AsExchange, HidesWhatKindOfAccountItIs) {
  realm_.policy.hide_unknown_clients = true;
  TestRequest unknown;
  unknown.cname = kerberos::Name(1, {"ALICE2"});
  const Answer answer = realm_.ask(unknown.encoded());
  EXPECT_NE(as_text(error_of(answer).e_data).find("R.TESTalice2"), std::string_view::npos);
  realm_.directory.at("alice").principal.key_required = true;
  EXPECT_EQ(code(TestRequest()), 25);
  EXPECT_EQ(code(proven()), 12);
}

TEST_F(AsExchange, LocksNoAccountWhoseKeyIsRandom) {
  for (int i = 0; i < 20; ++i) {
    TestRequest guess = wrong();
    guess.cname = kerberos::Name(1, {"WEB$"});
    EXPECT_EQ(code(guess), 24);
  }
  EXPECT_FALSE(realm_.account("WEB$").lockout.locked_until);
}

// Or guesses at two spellings told who has an account: of somebody's name and one like it only the former's
// are counted in the directory.
TEST_F(AsExchange, CountsForAnUnknownNameWhatItWouldForAUser) {
  realm_.policy.hide_unknown_clients = true;
  for (const std::string name : {"alice", "nobody"}) {
    SCOPED_TRACE(name);
    const auto guess = [&](const std::string& cname, std::int32_t type) {
      TestRequest request = wrong();
      request.cname = kerberos::Name(type, {cname});
      return code(request);
    };
    for (int i = 0; i < 9; ++i) EXPECT_EQ(guess(name, 1 + i % 2), 24);
    EXPECT_EQ(guess(name + "@R.TEST", 1), 24);
    EXPECT_EQ(guess(name + "@elsewhere.test", kerberos::name_type::enterprise), 24);
    EXPECT_EQ(guess(name, 0), 24);
    EXPECT_EQ(guess(name, 2), 18);
  }
}

TEST_F(AsExchange, TellsNobodyByTheServicesNameWhoHasAnAccount) {
  for (const std::uint32_t options : {option::forwarded, option::allow_postdate, option::request_anonymous}) {
    for (const std::string_view name : {"alice", "nobody"}) {
      for (const std::int32_t type : {1, 2, 10}) {
        TestRequest request = proven();
        request.options = options;
        request.sname = kerberos::Name(type, {name});
        EXPECT_EQ(code(request), 7) << name << ' ' << type;
      }
    }
  }
}

// K26
TEST_F(AsExchange, AddsNoDollarToAName) {
  TestRequest request;
  request.cname = kerberos::Name(1, {"WEB"});
  EXPECT_EQ(code(request), 6);
}

TEST_F(AsExchange, NeverMakesATicketThatHasEnded) {
  TestRequest request = proven();
  request.till = test_now - 1;
  EXPECT_EQ(code(request), 11);
}

TEST_F(AsExchange, GivesATgtWithEverythingInIt) {
  TestRequest request = proven();
  request.options = option::forwardable | option::renewable;
  request.with(padata::req_enc_pa_rep);
  const TestReply got = reply(request);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.octets.bytes()[0], 0x79);  // APPLICATION 25
  EXPECT_EQ(got.part.nonce, request.nonce);
  EXPECT_EQ(got.part.flags,
            flag::forwardable | flag::renewable | flag::initial | flag::pre_authent | flag::enc_pa_rep);
  EXPECT_EQ(got.part.authtime, test_now);
  EXPECT_EQ(got.part.starttime, test_now);
  EXPECT_EQ(got.part.endtime, test_now + 36000);
  EXPECT_EQ(got.part.renew_till, test_now + 7 * 24 * 3600);
  EXPECT_EQ(got.rep.enc_part.kvno, 2U);
  EXPECT_TRUE(got.rep.padata.has(19));
  const auto sum = got.part.encrypted_pa_data.find(padata::req_enc_pa_rep);
  ASSERT_TRUE(sum);
  const auto checksum = kerberos::parse<kerberos::Checksum>(sum->value);
  EXPECT_TRUE(crypto::verify_checksum(realm_.directory.key("alice", 18), key_usage::as_req_checksum,
                                      checksum->type, request.encoded(), checksum->value));
  EXPECT_TRUE(got.part.encrypted_pa_data.has(padata::fx_fast));

  const crypto::Key krbtgt = realm_.directory.key("krbtgt/R.TEST", 18);
  const auto opened = ticket::open_ticket(got.rep.ticket, krbtgt);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(ticket::verify_tgt_pac(*opened, krbtgt));
}

TEST_F(AsExchange, EchoesANonceOfAnySign) {
  for (const std::int64_t nonce : {std::int64_t{-2147483648}, std::int64_t{4294967295}, std::int64_t{0}}) {
    TestRequest request = proven();
    request.nonce = nonce;
    EXPECT_EQ(reply(request).part.nonce, nonce);
  }
}

TEST_F(AsExchange, NamesTheClientAsAskedOrCanonically) {
  realm_.account("alice").upns = {"alice@mail.test"};
  TestRequest request = proven();
  request.cname = kerberos::Name(kerberos::name_type::enterprise, {"alice@mail.test"});
  TestReply got = reply(request);
  EXPECT_TRUE(got.rep.cname.is({"alice@mail.test"}));
  request.options = option::canonicalize;
  got = reply(request);
  EXPECT_TRUE(got.rep.cname.is({"alice"}));
  EXPECT_TRUE(got.part.encrypted_pa_data.has(padata::supported_enctypes));
  const auto opened = ticket::open_ticket(got.rep.ticket, realm_.directory.key("krbtgt/R.TEST", 18));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->part.cname.is({"alice"}));
}

TEST_F(AsExchange, GivesATicketForKadminThatIsShortAndGoesNoFurther) {
  TestRequest request = proven();
  request.sname = kerberos::Name(2, {"kadmin", "changepw"});
  request.options = option::forwardable | option::proxiable | option::renewable;
  const TestReply got = reply(request);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.part.endtime, test_now + 300);
  EXPECT_EQ(got.part.flags, flag::initial | flag::pre_authent | flag::enc_pa_rep);
  EXPECT_TRUE(ticket::open_ticket(got.rep.ticket, realm_.directory.key("kadmin/changepw", 18)));
}

TEST_F(AsExchange, GivesTicketsOfSensitiveAccountsNoWayFurther) {
  realm_.account("alice").settings.flags.sensitive = true;
  TestRequest request = proven();
  request.options = option::forwardable | option::proxiable;
  EXPECT_EQ(reply(request).part.flags & (flag::forwardable | flag::proxiable), 0U);
}

// K13
TEST_F(AsExchange, TakesAesThoughRc4IsOfferedFirst) {
  TestRequest request = proven();
  request.etypes = {23, 18};
  const TestReply got = reply(request);
  EXPECT_EQ(got.rep.enc_part.etype, 18);
  EXPECT_EQ(got.session_key->etype(), 18);
}

TEST_F(AsExchange, GivesAnRc4SessionToAMarkedClientThatHasNothingElse) {
  TestRequest request = proven();
  request.etypes = {23};
  EXPECT_EQ(code(request), 14);
  auto& alice = realm_.directory.at("alice").principal;
  const auto key = crypto::string_to_key(23, as_bytes(test_password), {});
  alice.keys.push_back({23, 2, {}, {}, Secret(key->octets())});
  alice.account.settings.flags.rc4 = true;
  realm_.policy.etypes.push_back(23);
  TestRequest by_rc4;
  by_rc4.etypes = {23};
  const TestReply got =
      open_reply(realm_.ask(by_rc4.with_timestamp(*key).encoded()), *key, key_usage::as_rep);
  EXPECT_EQ(got.rep.enc_part.etype, 23);
  EXPECT_EQ(got.session_key->etype(), 23);
  EXPECT_EQ(got.rep.ticket.enc_part.etype, 18);
  EXPECT_FALSE(got.rep.padata.has(padata::etype_info2));
}

TEST_F(AsExchange, SaysWhoAskedForWhatInTheLog) {
  const Answer answer = realm_.ask(TestRequest().encoded());
  EXPECT_EQ(answer.client, "alice");
  EXPECT_EQ(answer.service, "krbtgt/R.TEST");
  EXPECT_EQ(answer.reason, "no pre-authentication");
}

}  // namespace
}  // namespace ferryman::kdc
