#include "kdc/fast.h"

#include <gtest/gtest.h>

#include "crypto/prf.h"
#include "kdc/test_client.h"
#include "ticket/test_tickets.h"

namespace ferryman::kdc {
namespace {

// A request inside FAST. Whatever is set is sent; by default all is right.
struct Armored {
  TestTgs armor;
  crypto::Key key;  // the armor key
  TestRequest outer, inner;
  std::uint32_t options = 0;
  std::optional<std::int32_t> armor_type = kerberos::fast_armor::ap_request;
  std::optional<std::int32_t> checksum_type;
  bool bend_checksum = false;
  std::optional<Octets> signed_octets;  // instead of the outer body

  explicit Armored(const TestReply& tgt) : armor(with_subkey(tgt)), key(crypto::Key::random(18)) { agree(); }
  static TestTgs with_subkey(const TestReply& tgt) {
    TestTgs made(tgt);
    made.subkey = crypto::Key::random(18);
    made.usage = key_usage::ap_req_authenticator;
    return made;
  }
  void agree() { key = crypto::combine(*armor.subkey, armor.session_key, "subkeyarmor", "ticketarmor"); }
  void prove(const crypto::Key& long_term, std::int64_t time = test_now) {
    const crypto::Key challenge =
        crypto::combine(key, long_term, "clientchallengearmor", "challengelongterm");
    const Octets cipher = crypto::encrypt(challenge, key_usage::challenge_client,
                                          kerberos::encode(kerberos::PaEncTsEnc{time, 0}));
    inner.with(padata::encrypted_challenge,
               kerberos::encode(kerberos::EncryptedData{challenge.etype(), std::nullopt, cipher}));
  }
  Octets value() const {
    MadeList list;
    for (const auto& [type, octets] : inner.padata) list.add({type, octets});
    const Octets request = inner.use([&](const kerberos::KdcReqBody& body) {
      return kerberos::encode(kerberos::FastReq{options, list.list(), body});
    });
    const Octets cipher = crypto::encrypt(key, key_usage::fast_req, request);
    Octets sum =
        crypto::make_checksum(key, key_usage::fast_req_checksum, signed_octets.value_or(outer.body()));
    if (bend_checksum) sum.front() ^= 1;
    const Octets ap_req = armor.ap_req(outer.body());
    return kerberos::encode(kerberos::FastArmoredReq{armor_type,
                                                     armor_type ? Bytes(ap_req) : Bytes(),
                                                     {checksum_type.value_or(key.type().checksum), sum},
                                                     {key.etype(), std::nullopt, cipher}});
  }
  Octets encoded() const {
    TestRequest whole = outer;
    return whole.with(padata::fx_fast, value()).encoded();
  }
};

// KrbFastResponse with the octets that it views.
struct Response {
  Secret octets;
  kerberos::FastResponse response;
};
std::optional<Response> open_response(const kerberos::PadataList& list, const crypto::Key& key) {
  const auto element = list.find(padata::fx_fast);
  if (!element) return std::nullopt;
  const auto armored = kerberos::parse<kerberos::FastArmoredRep>(element->value);
  if (!armored) return std::nullopt;
  auto octets = crypto::decrypt(key, key_usage::fast_rep, armored->enc_fast_rep.cipher);
  if (!octets) return std::nullopt;
  const auto response = kerberos::parse<kerberos::FastResponse>(octets->bytes());
  if (!response) return std::nullopt;
  return Response{std::move(*octets), *response};
}

class FastTest : public testing::Test {
 protected:
  Armored armored() { return Armored(get_tgt(realm_)); }
  std::int32_t code(const Armored& request) { return realm_.ask(request.encoded()).code; }
  crypto::Key alice() { return realm_.directory.key("alice", 18); }

  TestRealm realm_;
};

TEST_F(FastTest, WantsATgtOfThisRealmAsArmor) {
  Armored request = armored();
  request.armor_type = 2;
  EXPECT_EQ(code(request), 24);
  request = armored();
  request.armor_type.reset();
  EXPECT_EQ(code(request), 24);
  request = armored();
  TestTgs service(get_tgt(realm_));
  request.armor.ticket = service.open(realm_.ask(service.encoded())).ticket();
  EXPECT_EQ(code(request), 26);
  request = armored();
  request.armor.subkey.reset();
  EXPECT_EQ(code(request), 24);
  EXPECT_EQ(realm_.ask(TestRequest().with(padata::fx_fast, {0xa0, 2, 0x30, 0}).encoded()).code, 24);
}

TEST_F(FastTest, ChecksTheArmorAsATgt) {
  Armored request = armored();
  request.armor.usage = key_usage::tgs_req_authenticator;
  EXPECT_EQ(code(request), 31);
  request = armored();
  request.armor.ctime = test_now - 301;
  EXPECT_EQ(code(request), 37);
  request = armored();
  ticket::TestTicket forged;
  forged.key = realm_.directory.key("krbtgt/R.TEST", 18);
  request.armor.ticket = forged.issued();
  request.armor.session_key = forged.session.copy();
  EXPECT_EQ(code(request), 41);
  request = armored();
  realm_.account("alice").settings.flags.disabled = true;
  EXPECT_EQ(code(request), 18);
}

// K14
TEST_F(FastTest, TakesAKeyedChecksumOnly) {
  Armored request = armored();
  for (const std::int32_t type : {7, 14, 15, -138}) {
    request.checksum_type = type;
    EXPECT_EQ(code(request), 50) << type;
  }
  request.checksum_type.reset();
  request.bend_checksum = true;
  EXPECT_EQ(code(request), 41);
}

// K4
TEST_F(FastTest, IsNotEmpty) {
  EXPECT_EQ(realm_.ask(TestRequest().with(padata::fx_fast).encoded()).code, 24);
}

TEST_F(FastTest, WantsNamesInside) {
  Armored request = armored();
  request.inner.cname.reset();
  EXPECT_EQ(code(request), 6);
  request.inner.cname = kerberos::Name(1, {"alice"});
  request.inner.sname.reset();
  EXPECT_EQ(code(request), 7);
}

TEST_F(FastTest, RefusesCriticalOptionsThatItDoesNotKnow) {
  Armored request = armored();
  request.options = kerberos::flag(2);
  EXPECT_EQ(code(request), 93);
  request.options = kerberos::flag(17);
  EXPECT_EQ(code(request), 25);
}

TEST_F(FastTest, AnswersErrorsInside) {
  const Armored request = armored();
  const Answer answer = realm_.ask(request.encoded());
  const kerberos::KrbError error = error_of(answer);
  EXPECT_EQ(error.error_code, 25);
  const auto list = kerberos::parse<kerberos::PadataList>(error.e_data);
  ASSERT_TRUE(list);
  const auto opened = open_response(*list, request.key);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->response.strengthen_key);
  EXPECT_FALSE(opened->response.finished);
  EXPECT_EQ(opened->response.nonce, request.inner.nonce);
  const auto inner = kerberos::parse<kerberos::KrbError>(opened->response.padata.find(137)->value);
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->error_code, 25);
  EXPECT_TRUE(inner->e_data.empty());
  for (const std::int32_t type : {19, 138, 133}) EXPECT_TRUE(opened->response.padata.has(type)) << type;
  EXPECT_FALSE(opened->response.padata.has(2));
}

TEST_F(FastTest, TakesTheInsideForTheRequest) {
  Armored request = armored();
  request.outer.with_timestamp(alice());
  EXPECT_EQ(code(request), 25);
  request.prove(alice());
  request.outer.cname = kerberos::Name(1, {"nobody"});
  EXPECT_EQ(code(request), 0);
}

TEST_F(FastTest, JudgesAChallengeAsATimestamp) {
  Armored request = armored();
  request.prove(crypto::Key::random(18));
  EXPECT_EQ(code(request), 24);
  EXPECT_EQ(realm_.account("alice").lockout.failures, 1U);
  request = armored();
  request.prove(alice(), test_now - 301);
  EXPECT_EQ(code(request), 37);
}

TEST_F(FastTest, ProvesTheKdcAndHidesTheClient) {
  Armored request = armored();
  request.options = kerberos::fast_option::hide_client_names;
  request.prove(alice());
  const Answer answer = realm_.ask(request.encoded());
  const auto rep = kerberos::parse_kdc_rep(answer.message, kerberos::msg_type::as_rep);
  ASSERT_TRUE(rep);
  EXPECT_EQ(rep->crealm, "WELLKNOWN:ANONYMOUS");
  const auto opened = open_response(rep->padata, request.key);
  ASSERT_TRUE(opened && opened->response.finished && opened->response.strengthen_key);
  EXPECT_TRUE(opened->response.finished->cname.is({"alice"}));
  const kerberos::Checksum& sum = opened->response.finished->ticket_checksum;
  EXPECT_TRUE(crypto::verify_checksum(request.key, key_usage::fast_finished, sum.type,
                                      kerberos::ticket_octets(answer.message), sum.value));
  const auto challenge = kerberos::parse<kerberos::EncryptedData>(opened->response.padata.find(138)->value);
  const crypto::Key kdcs = crypto::combine(request.key, alice(), "kdcchallengearmor", "challengelongterm");
  EXPECT_TRUE(crypto::decrypt(kdcs, key_usage::challenge_kdc, challenge->cipher));
  const auto strengthen =
      crypto::Key::make(opened->response.strengthen_key->type, opened->response.strengthen_key->value);
  const crypto::Key reply_key = crypto::combine(*strengthen, alice(), "strengthenkey", "replykey");
  EXPECT_TRUE(open_reply(answer, reply_key, key_usage::as_rep).ok());
}

// In a TGS-REQ the request's own AP-REQ is the armor.
class TgsFast : public FastTest {
 protected:
  std::int32_t tgs_code(Armored request) {
    request.armor.usage = key_usage::tgs_req_authenticator;
    request.outer = request.armor.request;
    const Octets ap_req = request.armor.ap_req(request.outer.body());
    if (!request.signed_octets) request.signed_octets = ap_req;
    TestRequest whole = request.outer;
    whole.with(padata::tgs_req, ap_req).with(padata::fx_fast, request.value());
    return realm_.ask(whole.encoded()).code;
  }
  Armored implicit() {
    Armored request = armored();
    request.armor_type.reset();
    request.inner = request.armor.request;
    return request;
  }
};

TEST_F(TgsFast, IsArmoredByItsOwnApReq) {
  EXPECT_EQ(tgs_code(implicit()), 0);
  Armored request = implicit();
  request.signed_octets = Octets{1};
  EXPECT_EQ(tgs_code(std::move(request)), 41);
}

TEST_F(TgsFast, TakesNoExplicitArmorAndNoMissingSubkey) {
  Armored request = implicit();
  request.armor_type = 1;
  EXPECT_EQ(tgs_code(std::move(request)), 24);
  request = implicit();
  request.armor.subkey.reset();
  EXPECT_EQ(tgs_code(std::move(request)), 24);
}

// K4
TEST_F(TgsFast, WantsAServiceInside) {
  Armored request = implicit();
  request.inner.sname.reset();
  EXPECT_EQ(tgs_code(std::move(request)), 7);
}

}  // namespace
}  // namespace ferryman::kdc
