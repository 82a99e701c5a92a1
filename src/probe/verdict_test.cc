#include "probe/verdict.h"

#include <gtest/gtest.h>

#include <map>

namespace ferryman::probe {
namespace {

const Finding answers{"kdc_answer", Severity::ok, "a KDC answers"};

std::map<Family, Verdict> verdicts(Findings findings) {
  std::map<Family, Verdict> result;
  for (const auto& client : judge(findings)) result[client.family] = client.verdict;
  return result;
}

using Verdicts = std::map<Family, Verdict>;
constexpr auto works = Verdict::works, remarks = Verdict::works_with_remarks, fails = Verdict::does_not_work;

Verdicts expected(Verdict windows, Verdict mit, Verdict apple, Verdict ours) {
  return {{Family::windows, windows}, {Family::mit, mit}, {Family::apple, apple}, {Family::ferryman, ours}};
}

TEST(Verdict, WithoutTroubleEachWorks) {
  EXPECT_EQ(verdicts({answers}), expected(works, works, works, works));
}

TEST(Verdict, WhatWasNotSeenIsUnknown) {
  constexpr auto unknown = Verdict::unknown;
  EXPECT_EQ(verdicts({}), expected(unknown, unknown, unknown, unknown));
  EXPECT_EQ(verdicts({{"connect", Severity::critical, "refused"}}), expected(fails, fails, fails, fails));
}

TEST(Verdict, OnlyMitNeedsHttp10) {
  EXPECT_EQ(verdicts({answers, {"http_1_0", Severity::critical, "stays open"}}),
            expected(works, fails, works, works));
  EXPECT_EQ(verdicts({answers, {"http_1_1", Severity::critical, "no answer"}}),
            expected(fails, works, fails, fails));
}

TEST(Verdict, WindowsEnforcesRevocation) {
  EXPECT_EQ(verdicts({answers, {"revocation", Severity::warning, "no CRL"}}),
            expected(fails, works, works, works));
}

TEST(Verdict, NamesMustStandInSubjectAltName) {
  EXPECT_EQ(verdicts({answers, {"certificate_san", Severity::critical, "none"}}),
            expected(fails, remarks, fails, remarks));
}

TEST(Verdict, ACertificateThatSoonEndsStillWorks) {
  EXPECT_EQ(verdicts({answers, {"certificate_expiry", Severity::critical, "in 2 days"}}),
            expected(remarks, remarks, remarks, remarks));
  EXPECT_EQ(verdicts({answers, {"certificate_expired", Severity::critical, "expired"}}),
            expected(fails, fails, fails, fails));
}

TEST(Verdict, OldAppleClientsHaveNoPrefix) {
  const auto clients = judge({answers, {"no_prefix", Severity::warning, "is refused"}});
  EXPECT_EQ(clients[2].verdict, remarks);
  EXPECT_EQ(clients[2].reasons, std::vector<std::string>{"is refused"});
  EXPECT_EQ(clients[0].verdict, works);
}

TEST(Verdict, PasswordsThatAreNotLetInAreARemarkAndThoseThatAreNone) {
  EXPECT_EQ(verdicts({answers, {"unarmored_password", Severity::ok, "not let in"}}),
            expected(remarks, remarks, remarks, remarks));
  EXPECT_EQ(verdicts({answers, {"unarmored_password", Severity::warning, "let in"}}),
            expected(works, works, works, works));
}

}  // namespace
}  // namespace ferryman::probe
