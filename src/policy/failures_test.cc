#include "policy/failures.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferryman::policy {
namespace {

using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

constexpr std::int32_t principal = 1, enterprise = 10;
constexpr std::int32_t timestamp = 2, fast = 136;
constexpr std::int32_t preauth_failed = 24, preauth_required = 25, client_unknown = 6;

Octets tlv(std::uint8_t tag, Octets content) {
  EXPECT_LT(content.size(), 256U);
  Octets octets{tag};
  if (content.size() >= 0x80) octets.push_back(0x81);
  octets.push_back(static_cast<std::uint8_t>(content.size()));
  octets.insert(octets.end(), content.begin(), content.end());
  return octets;
}

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Octets text(std::string_view value) {
  return tlv(0x1b, {value.begin(), value.end()});
}

Octets number(std::uint8_t value) {
  return tlv(2, value < 0x80 ? Octets{value} : Octets{0, value});
}

Octets padata(std::int32_t type, Octets value) {
  return tlv(0x30, tlv(0xa1, number(static_cast<std::uint8_t>(type))) + tlv(0xa2, tlv(4, std::move(value))));
}

// An AS-REQ for a name of one component, with padata of those types.
struct Req {
  Req(std::string_view cname, std::initializer_list<std::int32_t> types = {timestamp},
      std::int32_t name_type = principal, std::string_view realm = "AD.TEST")
      : name(text(cname)) {
    for (const std::int32_t type : types) elements = elements + padata(type, {});
    request.kdc_req.emplace();
    request.kdc_req->realm = realm;
    request.kdc_req->padata = kerberos::PadataList(elements);
    request.kdc_req->cname = kerberos::PrincipalName{name_type, name};
    request.fast = request.kdc_req->padata.has(fast);
  }
  Req(const Req&) = delete;

  Octets name, elements;
  kerberos::Request request;
};

// A KRB-ERROR, with METHOD-DATA that tells a salt.
struct Told {
  explicit Told(std::int32_t code, std::optional<std::string_view> salt = {}) {
    const Octets entry = tlv(0xa0, number(18)) + (salt ? tlv(0xa1, text(*salt)) : Octets());
    const Octets data = tlv(0x30, padata(19, tlv(0x30, tlv(0x30, entry))));
    const Octets name = tlv(0x30, tlv(0xa0, number(2)) + tlv(0xa1, tlv(0x30, text("krbtgt") + text("R"))));
    const std::string_view now = "20260101000000Z";
    bytes = tlv(0x7e, tlv(0x30, tlv(0xa0, number(5)) + tlv(0xa1, number(30)) +
                                    tlv(0xa4, tlv(0x18, {now.begin(), now.end()})) + tlv(0xa5, number(0)) +
                                    tlv(0xa6, number(static_cast<std::uint8_t>(code))) +
                                    tlv(0xa9, text("R")) + tlv(0xaa, name) + tlv(0xac, tlv(4, data))));
    const auto read = kerberos::parse_reply(bytes, kerberos::RequestKind::as_req);
    EXPECT_TRUE(read);
    reply = *read;
  }
  Told(const Told&) = delete;

  Octets bytes;
  kerberos::Reply reply;
};

class FailuresTest : public ::testing::Test {
 protected:
  FailuresTest() {
    rules.principal_failures = 3;
    rules.client_failures = 5;
    rules.failure_window = 10min;
  }

  Logon logon(const Req& req) { return {rules, directory, req.request, client}; }
  void answer(const Req& req, const Told& told) {
    Attempt attempt;
    ASSERT_EQ(failures.admit(logon(req), attempt, now), Rule::none);
    failures.note(logon(req), attempt, told.reply, now);
  }
  Rule judge(const Req& req) {
    Attempt attempt;
    const Rule rule = failures.admit(logon(req), attempt, now);
    failures.forget(logon(req), attempt, now);
    return rule;
  }
  // As the gateway does it: a KDC is asked first where it must be. False: refused.
  bool guess(const Req& req, const Told& told, const Told& failed) {
    Attempt attempt;
    Rule rule = failures.admit(logon(req), attempt, now);
    if (rule == Rule::none && attempt.must_ask()) {
      rule = failures.admit_as(logon(req), attempt, told.reply, now);
    }
    if (rule != Rule::none) return false;
    failures.note(logon(req), attempt, failed.reply, now);
    return true;
  }
  // By a KDC that tells alice's salt.
  bool guess(std::string_view cname, std::int32_t name_type = principal, std::string_view realm = "AD.TEST") {
    return guess(Req(cname, {timestamp}, name_type, realm), alice_required, alice_failed);
  }
  void exhaust_alice() {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(guess("alice"));
    EXPECT_FALSE(guess("alice"));
  }

  const Told alice_required{preauth_required, "AD.TESTalice"}, alice_failed{preauth_failed, "AD.TESTalice"};
  const Told bob_required{preauth_required, "AD.TESTbob"}, bob_failed{preauth_failed, "AD.TESTbob"};
  const Told unsalted_required{preauth_required}, unsalted_failed{preauth_failed};
  const Told unknown{client_unknown};
  const std::vector<std::string> kdcs;
  Directory directory{"AD.TEST", kdcs};
  std::uint64_t client = 0;
  Rules rules;
  Failures failures;
  Failures::Clock::time_point now = Failures::Clock::now();
};

TEST_F(FailuresTest, AnAccountMayFailSoOftenInItsWindow) {
  exhaust_alice();
  EXPECT_EQ(judge(Req("alice", {})), Rule::principal_failures) << "a request without a password as well";
  EXPECT_EQ(judge(Req("bob")), Rule::none);
  now += 200s;
  EXPECT_EQ(judge(Req("alice")), Rule::none) << "a third of the window for each";
}

TEST_F(FailuresTest, AllNamesOfAnAccountShareItsFailures) {
  EXPECT_TRUE(guess("alice"));
  EXPECT_TRUE(guess("alice@ad.test", enterprise));
  EXPECT_TRUE(guess("wonder@corp.example", enterprise));
  for (const std::string_view name : {"alice", "ALICE", "alic\xc3\xa9", "alice@ad", "wonder", "a$"}) {
    for (const std::int32_t type : {0, principal, enterprise}) {
      for (const std::string_view realm : {"AD.TEST", "ad.test", "AD"}) {
        EXPECT_FALSE(guess(name, type, realm)) << name;
        EXPECT_EQ(judge(Req(name, {}, type, realm)), Rule::principal_failures) << "as it is known by now";
      }
    }
  }
  EXPECT_TRUE(guess(Req("bob"), bob_required, bob_failed));
}

TEST_F(FailuresTest, AnEarlierAnswerSparesTheQuestion) {
  exhaust_alice();
  answer(Req("wonder@corp.example", {}, enterprise), alice_required);
  EXPECT_EQ(judge(Req("wonder@corp.example", {timestamp}, enterprise)), Rule::principal_failures);
  EXPECT_EQ(judge(Req("wonder@corp.example", {}, enterprise)), Rule::principal_failures);
}

TEST_F(FailuresTest, CanonicalizeMayMeanAnotherAccount) {
  exhaust_alice();
  Req req("alice");
  req.request.kdc_req->kdc_options = 0x00010000;
  EXPECT_TRUE(guess(req, bob_required, bob_failed));
  EXPECT_FALSE(guess("alice"));
}

// Heimdal tells a salt before, and none when the password was wrong.
TEST_F(FailuresTest, WhatWasToldBeforeHoldsForAnAnswerThatTellsNothing) {
  for (const std::string_view name : {"alice", "wonder", "alice@ad.test"}) {
    EXPECT_TRUE(guess(Req(name), alice_required, unsalted_failed));
  }
  EXPECT_FALSE(guess(Req("wonderland"), alice_required, unsalted_failed));
}

// Which encryption types the client asks for decides whether it is told a salt.
TEST_F(FailuresTest, AskingForRc4DoesNotPartAName) {
  exhaust_alice();
  answer(Req("wonder", {}), unsalted_required);
  EXPECT_FALSE(guess("wonder"));
}

TEST_F(FailuresTest, WithoutASaltANameStandsForItself) {
  const auto guess_unsalted = [this](std::string_view name, std::string_view realm = "AD.TEST") {
    return guess(Req(name, {timestamp}, principal, realm), unsalted_required, unsalted_failed);
  };
  EXPECT_TRUE(guess_unsalted("\xc3\xa4lice"));
  EXPECT_TRUE(guess_unsalted("\xc3\x84LICE", "AD"));
  EXPECT_TRUE(guess_unsalted("\xc3\xa4lice@ad.test"));
  EXPECT_FALSE(guess_unsalted("\xc3\x84lice@corp.example"));
  EXPECT_FALSE(guess_unsalted("\xc3\xa4lice$"));
  EXPECT_TRUE(guess_unsalted("alice"));
}

TEST_F(FailuresTest, ASaltThatManyAccountsHaveNamesNone) {
  const Told realm_required(preauth_required, "ad.test"), realm_failed(preauth_failed, "ad.test");
  const Told empty_required(preauth_required, ""), empty_failed(preauth_failed, "");
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(guess(Req("user" + std::to_string(i)), realm_required, realm_failed));
    EXPECT_TRUE(guess(Req("user" + std::to_string(100 + i)), empty_required, empty_failed));
  }
}

TEST_F(FailuresTest, NamesThatNobodyHasCountAgainstNobody) {
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(guess(Req("alice@other.example"), unknown, unknown));
  EXPECT_TRUE(guess("alice"));
}

TEST_F(FailuresTest, ANameThatIsGivenToAnotherFollowsIt) {
  exhaust_alice();
  now += 200s;
  EXPECT_TRUE(guess(Req("alice"), bob_required, bob_failed)) << "counted for whom the KDC names now";
  EXPECT_TRUE(guess("wonder")) << "given back to the one before";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(guess(Req("bob"), bob_required, bob_failed));
  EXPECT_EQ(judge(Req("alice")), Rule::principal_failures);
}

TEST_F(FailuresTest, GuessesAtTheSameTimeAreNoMoreThanOneAfterTheOther) {
  answer(Req("alice", {}), alice_required);
  const Req req("alice");
  Attempt attempts[4];
  for (int i = 0; i < 3; ++i) EXPECT_EQ(failures.admit(logon(req), attempts[i], now), Rule::none);
  EXPECT_EQ(failures.admit(logon(req), attempts[3], now), Rule::principal_failures);
  const Told expired(23);
  failures.note(logon(req), attempts[0], expired.reply, now);
  EXPECT_EQ(judge(req), Rule::none) << "the password was right";
  failures.note(logon(req), attempts[1], alice_failed.reply, now);
  failures.note(logon(req), attempts[2], alice_failed.reply, now);
  EXPECT_TRUE(guess("alice"));
  EXPECT_FALSE(guess("alice"));
}

TEST_F(FailuresTest, AGuessThatWasWrittenTwiceCountsTwice) {
  const Req req("alice");
  answer(Req("alice", {}), alice_required);
  Attempt attempt;
  EXPECT_EQ(failures.admit(logon(req), attempt, now), Rule::none);
  attempt.written = 2;
  failures.note(logon(req), attempt, alice_failed.reply, now);
  EXPECT_TRUE(guess("alice"));
  EXPECT_FALSE(guess("alice"));
}

TEST_F(FailuresTest, RightPasswordsDoNotCount) {
  const Told revoked(18);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(guess(Req("alice"), alice_required, revoked));
}

TEST_F(FailuresTest, WhatIsInsideFastIsNeitherCountedNorTakenAsAWordAboutTheNameOutside) {
  for (int i = 0; i < 10; ++i) answer(Req("bob", {fast}), alice_failed);
  exhaust_alice();
  EXPECT_EQ(judge(Req("alice", {fast})), Rule::none);
  EXPECT_TRUE(guess(Req("bob"), bob_required, bob_failed));
}

TEST_F(FailuresTest, APasswordBesideFastIsAGuess) {
  exhaust_alice();
  EXPECT_EQ(judge(Req("alice", {fast, timestamp})), Rule::principal_failures);
  EXPECT_FALSE(guess(Req("wonder", {fast, timestamp}), alice_required, alice_failed));
}

TEST_F(FailuresTest, RealmsWithTheSameKdcsHaveTheSameAccounts) {
  const std::vector<std::string> list{"dc1", "dc2"}, turned{"dc2", "dc1"}, others{"dc3"};
  directory = {"AD.TEST", list};
  exhaust_alice();
  directory = {"AD", turned};
  EXPECT_FALSE(guess("alice", principal, "AD"));
  directory = {"AD.TEST", others};
  EXPECT_TRUE(guess("alice")) << "another KDC may say what it likes";
}

TEST_F(FailuresTest, AClientThatTriesManyNamesIsStopped) {
  client = 7;
  for (int i = 0; i < 5; ++i) answer(Req("user" + std::to_string(i)), i % 2 == 0 ? unsalted_failed : unknown);
  EXPECT_EQ(judge(Req("another")), Rule::client_failures);
  client = 8;
  EXPECT_EQ(judge(Req("another")), Rule::none);
  client = 0;
  EXPECT_EQ(judge(Req("another")), Rule::none) << "an exempt one";
}

TEST_F(FailuresTest, OnlyFailuresOfLogonsCount) {
  for (int i = 0; i < 10; ++i) answer(Req("alice", {}), alice_required);
  EXPECT_EQ(judge(Req("alice")), Rule::none);
  exhaust_alice();
  Req tgs("alice");
  tgs.request.kind = kerberos::RequestKind::tgs_req;
  EXPECT_EQ(judge(tgs), Rule::none) << "a ticket was got already";
}

TEST_F(FailuresTest, WithoutANumberNobodyIsRefusedAndNoKdcIsAsked) {
  rules.principal_failures = rules.client_failures = 0;
  const Req req("alice");
  for (int i = 0; i < 100; ++i) answer(req, alice_failed);
  Attempt attempt;
  EXPECT_EQ(failures.admit(logon(req), attempt, now), Rule::none);
  EXPECT_FALSE(attempt.must_ask());
}

}  // namespace
}  // namespace ferryman::policy
