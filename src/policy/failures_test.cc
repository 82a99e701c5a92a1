#include "policy/failures.h"

#include <gtest/gtest.h>

namespace ferryman::policy {
namespace {

using namespace std::chrono_literals;

class FailuresTest : public ::testing::Test {
 protected:
  FailuresTest() {
    rules.principal_failures = 3;
    rules.client_failures = 5;
    rules.failure_window = 10min;
  }

  // The name's octets stand for those of name-string.
  static kerberos::Request as_req(std::string_view cname) {
    kerberos::Request request;
    request.kdc_req.emplace();
    request.kdc_req->realm = "R";
    request.kdc_req->cname.emplace();
    request.kdc_req->cname->name_string = as_bytes(cname);
    return request;
  }
  void fail(std::string_view cname, std::uint64_t client, std::int32_t code = 24) {
    kerberos::Reply reply;
    reply.error_code = code;
    failures.note(rules, as_req(cname), reply, client, now);
  }
  Rule judge(std::string_view cname, std::uint64_t client) {
    return failures.refused_by(rules, as_req(cname), client, now);
  }

  Rules rules;
  Failures failures;
  Failures::Clock::time_point now = Failures::Clock::now();
};

TEST_F(FailuresTest, APrincipalMayFailSoOftenInItsWindow) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(judge("alice", 0), Rule::none) << i;
    fail("alice", 0);
  }
  EXPECT_EQ(judge("alice", 0), Rule::principal_failures);
  EXPECT_EQ(judge("ALICE", 0), Rule::principal_failures) << "case gives no further tries";
  EXPECT_EQ(judge("bob", 0), Rule::none);
  now += 200s;
  EXPECT_EQ(judge("alice", 0), Rule::none) << "a third of the window for each";
}

TEST_F(FailuresTest, AClientThatTriesManyNamesIsStopped) {
  for (int i = 0; i < 5; ++i) fail("user" + std::to_string(i), 7, i % 2 == 0 ? 24 : 6);
  EXPECT_EQ(judge("another", 7), Rule::client_failures);
  EXPECT_EQ(judge("another", 8), Rule::none);
  EXPECT_EQ(judge("another", 0), Rule::none) << "an exempt one";
}

TEST_F(FailuresTest, OnlyFailuresCount) {
  for (int i = 0; i < 10; ++i) fail("alice", 7, 25);
  EXPECT_EQ(judge("alice", 7), Rule::none);
  for (int i = 0; i < 10; ++i) fail("alice", 7);
  kerberos::Request tgs = as_req("alice");
  tgs.kind = kerberos::RequestKind::tgs_req;
  EXPECT_EQ(failures.refused_by(rules, tgs, 7, now), Rule::none) << "a ticket was got already";
}

TEST_F(FailuresTest, WithoutANumberNobodyIsRefused) {
  rules.principal_failures = rules.client_failures = 0;
  for (int i = 0; i < 100; ++i) fail("alice", 7);
  EXPECT_EQ(judge("alice", 7), Rule::none);
}

}  // namespace
}  // namespace ferryman::policy
