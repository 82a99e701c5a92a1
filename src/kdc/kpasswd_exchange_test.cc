#include "kdc/kpasswd_exchange.h"

#include <gtest/gtest.h>

#include <utility>

#include "kdc/test_client.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_priv.h"
#include "pac/info.h"
#include "ticket/test_tickets.h"

namespace ferryman::kdc {
namespace {

constexpr std::string_view new_password = "Zug-quoll 93 marmelade";

class Kpasswd : public testing::Test {
 protected:
  struct Request {
    Octets ticket;
    crypto::Key session;
    std::uint16_t version = kerberos::kpasswd_version::change;
    Octets data{new_password.begin(), new_password.end()};
    crypto::Key subkey = crypto::Key::random(18);
    std::uint32_t ap_seq = 7, priv_seq = 7;
    std::int64_t ctime = test_now;
    std::int32_t usage = key_usage::ap_req_authenticator;

    Octets encoded() const {
      const kerberos::Name alice(1, {"alice"});
      kerberos::Authenticator authenticator;
      authenticator.crealm = "R.TEST";
      authenticator.cname = alice.view();
      authenticator.ctime = ctime;
      authenticator.subkey = {subkey.etype(), subkey.octets()};
      authenticator.seq_number = ap_seq;
      const Octets cipher = crypto::encrypt(session, usage, kerberos::encode(authenticator));
      const Octets ap_req = kerberos::encode(kerberos::ApReq{
          0, *kerberos::parse<kerberos::Ticket>(ticket), {session.etype(), std::nullopt, cipher}});
      constexpr std::uint8_t address[4] = {};
      kerberos::EncKrbPrivPart part;
      part.user_data = data;
      part.seq_number = priv_seq;
      part.s_address = {2, address};
      const Octets inner = crypto::encrypt(subkey, key_usage::krb_priv, kerberos::encode(part));
      const Octets priv = kerberos::encode(kerberos::KrbPriv{{subkey.etype(), std::nullopt, inner}});
      return kerberos::encode(kerberos::KpasswdFrame{version, ap_req, priv});
    }
  };

  Request request() {
    const crypto::Key key = realm_.directory.key("alice", 18);
    TestRequest as;
    as.sname = kerberos::Name(2, {"kadmin", "changepw"});
    const TestReply got = open_reply(realm_.ask(as.with_timestamp(key).encoded()), key, key_usage::as_rep);
    return {got.ticket(), got.session_key->copy()};
  }
  // The result in a KRB-PRIV; nothing where the answer is a KRB-ERROR.
  std::optional<std::uint16_t> result(const Request& request) {
    const Answer answer = realm_.ask(request.encoded());
    const auto reply = kerberos::parse_kpasswd_reply(answer.message);
    if (!reply || reply->error_code != 0) return std::nullopt;
    EXPECT_TRUE(crypto::decrypt(request.session, key_usage::ap_rep, reply->ap_rep.enc_part.cipher));
    const auto plain = crypto::decrypt(request.subkey, key_usage::krb_priv, reply->priv.enc_part.cipher);
    if (!plain) return std::nullopt;
    const auto part = kerberos::parse<kerberos::EncKrbPrivPart>(plain->bytes());
    EXPECT_FALSE(part->timestamp);
    EXPECT_TRUE(part->seq_number);
    const auto told = kerberos::parse_kpasswd_result(part->user_data);
    EXPECT_EQ(told->code, answer.code);
    EXPECT_EQ(told->text.empty(), answer.code == 0);
    return told->code;
  }
  // Of the KRB-ERROR, and the result in it.
  std::pair<std::int32_t, std::uint16_t> error(Bytes message) {
    const Answer answer = realm_.ask(message);
    const auto reply = kerberos::parse_kpasswd_reply(answer.message);
    if (!reply || reply->error_code == 0) return {0, 0};
    const auto parsed = kerberos::parse<kerberos::KrbError>(reply->krb_error);
    return {reply->error_code, kerberos::parse_kpasswd_result(parsed->e_data)->code};
  }
  bool has_password(std::string_view password) {
    const auto key = crypto::string_to_key(18, as_bytes(password), as_bytes("R.TESTalice"));
    return realm_.ask(TestRequest().with_timestamp(*key).encoded()).code == 0;
  }
  static Octets set_data(std::string_view target, std::string_view target_realm = "R.TEST") {
    const kerberos::Name name(1, {target});
    return kerberos::encode(kerberos::ChangePasswdData{as_bytes(new_password), name.view(), target_realm});
  }

  TestRealm realm_;
};

TEST_F(Kpasswd, ChangesOnesOwnPassword) {
  realm_.account("alice").settings.flags.must_change = true;
  EXPECT_EQ(result(request()), 0);
  EXPECT_TRUE(has_password(new_password));
  EXPECT_FALSE(has_password(test_password));
}

// The PAC's signature of the KDC has no kvno.
TEST_F(Kpasswd, TakesATicketFromBeforeKrbtgtWasRotated) {
  const Request before = request();
  for (int i = 0; i < 2; ++i) {
    std::vector<directory::LongTermKey> keys;
    keys.push_back({18, 0, {}, {}, Secret(crypto::Key::random(18).octets())});
    ASSERT_TRUE(realm_.directory.set_keys(realm_.directory.tenant().id, realm_.account("krbtgt/R.TEST").id,
                                          keys, {}));
  }
  EXPECT_EQ(result(before), 0);
  EXPECT_TRUE(has_password(new_password));
}

TEST_F(Kpasswd, SetsOnesOwnPassword) {
  Request set = request();
  set.version = kerberos::kpasswd_version::set;
  set.data = set_data("alice");
  EXPECT_EQ(result(set), 0);
  EXPECT_TRUE(has_password(new_password));
}

TEST_F(Kpasswd, SetsNobodyElsesPassword) {
  Request set = request();
  set.version = kerberos::kpasswd_version::set;
  set.data = set_data("bob");
  EXPECT_EQ(result(set), 5);
  set.data = set_data("nobody");
  EXPECT_EQ(result(set), 5);
  set.data = set_data("alice", "OTHER.TEST");
  EXPECT_EQ(result(set), 5);
}

TEST_F(Kpasswd, WantsBothFieldsOfATargetOrNone) {
  Request set = request();
  set.version = kerberos::kpasswd_version::set;
  const kerberos::Name name(1, {"alice"});
  set.data = kerberos::encode(kerberos::ChangePasswdData{as_bytes(new_password), name.view(), std::nullopt});
  EXPECT_EQ(result(set), 1);
  set.data = {1, 2, 3};
  EXPECT_EQ(result(set), 1);
}

TEST_F(Kpasswd, SaysWhatIsWrongWithAPassword) {
  for (const std::string_view bad :
       {"short", "alice in wonderland!", "aaaaaaaaaaaaaaaa", "passwordpassword"}) {
    Request weak = request();
    weak.data.assign(bad.begin(), bad.end());
    EXPECT_EQ(result(weak), 4) << bad;
  }
  EXPECT_TRUE(has_password(test_password));
}

TEST_F(Kpasswd, TakesNoPasswordTwice) {
  EXPECT_EQ(result(request()), 0);
  EXPECT_EQ(result(request()), 4);
}

// K16
TEST_F(Kpasswd, TakesNoTgt) {
  Request forged = request();
  const TestReply tgt = get_tgt(realm_);
  forged.ticket = tgt.ticket();
  forged.session = tgt.session_key->copy();
  EXPECT_EQ(error(forged.encoded()), std::pair(std::int32_t{31}, std::uint16_t{3}));

  ticket::TestTicket marked;
  marked.key = realm_.directory.key("kadmin/changepw", 18);
  marked.krbtgt = realm_.directory.key("krbtgt/R.TEST", 18);
  forged.ticket = marked.issued();
  forged.session = marked.session.copy();
  EXPECT_EQ(error(forged.encoded()), std::pair(std::int32_t{31}, std::uint16_t{3}));
}

// K17
TEST_F(Kpasswd, OpensTicketsWithItsOwnKeyOnly) {
  ticket::TestTicket other;
  other.sname = kerberos::Name(3, {"HTTP", "www.r.test"});
  other.key = realm_.directory.key("WEB$", 18);
  Request forged = request();
  forged.ticket = other.issued();
  forged.session = other.session.copy();
  EXPECT_EQ(error(forged.encoded()), std::pair(std::int32_t{31}, std::uint16_t{3}));
}

TEST_F(Kpasswd, WantsATicketThatWasGotWithThePassword) {
  ticket::TestTicket later;
  later.key = realm_.directory.key("kadmin/changepw", 18);
  later.krbtgt = realm_.directory.key("krbtgt/R.TEST", 18);
  later.with_requestor = false;
  later.flags = flag::pre_authent;
  Request forged = request();
  forged.ticket = later.issued();
  forged.session = later.session.copy();
  EXPECT_EQ(result(forged), 7);
  later.flags |= flag::initial;
  forged.ticket = later.issued();
  EXPECT_EQ(result(forged), 5);  // its PAC does not say whose it is
}

TEST_F(Kpasswd, ChecksTheAuthenticator) {
  Request skewed = request();
  skewed.ctime = test_now - 301;
  EXPECT_EQ(error(skewed.encoded()), std::pair(std::int32_t{37}, std::uint16_t{3}));
  Request other = request();
  other.usage = key_usage::tgs_req_authenticator;
  EXPECT_EQ(error(other.encoded()), std::pair(std::int32_t{31}, std::uint16_t{3}));
  Request sequence = request();
  sequence.priv_seq = 8;
  EXPECT_EQ(result(sequence), 3);
}

TEST_F(Kpasswd, IsNotForAccountsThatAreDisabledOthersOrWithoutPassword) {
  const Request good = request();
  auto& alice = realm_.directory.at("alice").principal;
  alice.key_required = true;
  EXPECT_EQ(result(good), 5);
  alice.key_required = false;
  alice.account.settings.flags.disabled = true;
  EXPECT_EQ(result(good), 5);
  alice.account.settings.flags.disabled = false;
  const std::uint32_t rid = std::exchange(alice.account.rid, 4711U);
  EXPECT_EQ(result(good), 5);
  alice.account.rid = rid;
  alice.account.password_changed = test_now + 1;  // an administrator has set another one since
  EXPECT_EQ(result(good), 5);
}

// K29
TEST_F(Kpasswd, AnswersWrongLengths) {
  const Octets right = request().encoded();
  for (const std::size_t at : {std::size_t{1}, std::size_t{5}}) {
    for (int by = -8; by <= 8; ++by) {
      if (by == 0) continue;
      Octets bent = right;
      bent[at] = static_cast<std::uint8_t>(bent[at] + by);
      EXPECT_FALSE(realm_.ask(bent).message.empty());
      EXPECT_NE(realm_.ask(bent).code, 0);
    }
  }
  for (std::size_t size = 0; size < right.size(); ++size)
    EXPECT_NE(realm_.ask(Bytes(right).first(size)).code, 0);
}

}  // namespace
}  // namespace ferryman::kdc
