#include "ad/finding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ad/test_domain.h"

namespace ferryman::ad {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

RealmLink test_link() {
  return {622, 1, "AD", "S-1-5-21-1-2-3"};
}

std::vector<Finding> compared(const TrustObjects& objects, const std::optional<RealmLink>& link,
                              const Domain& domain = test_domain()) {
  return compare(domain, test_groups(), default_trust_name, objects, link);
}

TEST(Finding, NothingIsWrongWithAWholeLink) {
  EXPECT_THAT(compared(test_objects(), test_link()), IsEmpty());
  EXPECT_THAT(judge_domain(test_domain(), test_domain().time + 100), IsEmpty());
}

TEST(Finding, NoLinkAtAllIsOneFinding) {
  const auto findings = compared({}, std::nullopt);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].next, HasSubstr("\"ferryman realm ad link ad.example.test\""));
}

TEST(Finding, WhatIsMissingIsTold) {
  TrustObjects objects = test_objects();
  objects.krbtgt.reset();
  const auto findings = compared(objects, test_link());
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_THAT(findings[0].text, HasSubstr("CN=krbtgt_FerrymanKerberos,CN=Users"));
}

TEST(Finding, AKeyThatIsNotHereIsToldWithHowItGetsHere) {
  const auto findings = compared(test_objects(), std::nullopt);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].next, HasSubstr("samba-tool domain exportkeytab FILE --principal=krbtgt_622"));
  EXPECT_THAT(findings[0].next, HasSubstr("--key-from keytab:FILE"));
  Domain windows = test_domain();
  windows.is_samba = false;
  EXPECT_THAT(compared(test_objects(), std::nullopt, windows)[0].next, testing::Not(HasSubstr("samba-tool")));
}

TEST(Finding, ARotationThatOneSideHasNotSeenIsTold) {
  TrustObjects objects = test_objects();
  objects.krbtgt->key_version = 2;
  auto findings = compared(objects, test_link());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].text,
              HasSubstr("rotated in the domain, to version 2, and the realm is behind, at version 1"));
  EXPECT_THAT(findings[0].next, HasSubstr("ferryman realm ad rotate"));
  RealmLink ahead = test_link();
  ahead.key_version = 3;
  findings = compared(objects, ahead);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].text,
              HasSubstr("version 3 of the key, is ahead of dc1.ad.example.test, at version 2"));
  EXPECT_THAT(findings[0].next, HasSubstr("replicated"));
}

TEST(Finding, AVersionThatMayNotBeReadIsNotJudged) {
  TrustObjects objects = test_objects();
  objects.krbtgt->key_version = 0;
  EXPECT_THAT(compared(objects, test_link()), IsEmpty());
}

TEST(Finding, AnotherNumberOrAnotherDomainIsTold) {
  RealmLink link = test_link();
  link.number = 7;
  EXPECT_THAT(compared(test_objects(), link)[0].text, HasSubstr("krbtgt_7"));
  link = test_link();
  link.sid = "S-1-5-21-9-9-9";
  EXPECT_THAT(compared(test_objects(), link)[0].next, HasSubstr("ferryman realm ad unlink"));
}

TEST(Finding, ALinkIsEndedByItsOwnNameAlone) {
  const auto judged = [](const TrustObjects& objects, std::int64_t number,
                         const std::optional<std::string>& owner) {
    return judge_unlink(test_domain(), "Other", objects, number, owner);
  };
  TrustObjects objects = test_objects();
  EXPECT_FALSE(judged(objects, 622, "Other"));
  const auto of_another = judged(objects, 7, std::string(default_trust_name));
  ASSERT_TRUE(of_another);
  EXPECT_THAT(of_another->text, HasSubstr("krbtgt_7, which is that of FerrymanKerberos, and not of Other"));
  EXPECT_EQ(of_another->next, "\"ferryman realm ad unlink ad.example.test\" ends it.");
  const auto of_nobody = judged(objects, 7, std::nullopt);
  ASSERT_TRUE(of_nobody);
  EXPECT_THAT(of_nobody->text, HasSubstr("Other is krbtgt_622"));
  EXPECT_TRUE(judged({}, 7, "Third")) << "it is nothing that is there, and another is";
  EXPECT_FALSE(judged({}, 7, std::nullopt)) << "all is gone";
  objects.krbtgt.reset();
  EXPECT_FALSE(judged(objects, 7, std::nullopt)) << "half of it is";
}

TEST(Finding, ANameIsThatOfAnAccountOfOurs) {
  const auto name = [](const std::string& cn, const std::string& description) {
    return trust_name_of({"CN=x", {{"cn", {cn}}, {"description", {description}}}});
  };
  const std::string ours = std::string(trust_mark) + ": krbtgt of Other$";
  EXPECT_EQ(name("krbtgt_Other", ours), "Other");
  EXPECT_EQ(name("krbtgt_Other", "of a branch office"), std::nullopt);
  EXPECT_EQ(name("krbtgt", ours), std::nullopt);
  EXPECT_EQ(name("krbtgt_a b", ours), std::nullopt);
}

TEST(Finding, ClocksAndReleasesAreJudged) {
  Domain domain = test_domain();
  EXPECT_THAT(judge_domain(domain, domain.time - 301)[0].text, HasSubstr("301 seconds ahead of that of"));
  EXPECT_THAT(judge_domain(domain, domain.time + 301)[0].text, HasSubstr("301 seconds behind that of"));
  domain.level = 2;
  EXPECT_THAT(judge_domain(domain, domain.time)[0].text, HasSubstr("2008"));
  domain = test_domain();
  domain.is_samba = false;
  EXPECT_THAT(judge_domain(domain, domain.time)[0].text, HasSubstr("2016"));
}

TEST(Finding, AUserIsJudgedByHerToken) {
  const Domain domain = test_domain();
  const auto sid = [&](std::uint32_t rid) { return domain.sid.with_rid(rid); };
  const Account alice{"CN=alice", "alice", sid(1104)};
  const std::vector<Account> never{{"CN=Denied", "Denied", sid(572)}},
      allowed{{"CN=Users", "Users", sid(513)}};
  EXPECT_FALSE(judge_user(domain, alice, {sid(1104), sid(513)}, never, allowed));
  EXPECT_THAT(judge_user(domain, alice, {sid(1104), sid(513), sid(572)}, never, allowed)->text,
              HasSubstr("Denied"));
  EXPECT_THAT(judge_user(domain, alice, {sid(1104)}, never, allowed)->text, HasSubstr("no group"));
}

TEST(Finding, CommandsNameAnUnusualObject) {
  EXPECT_EQ(command_of("link", test_domain(), default_trust_name), "ferryman realm ad link ad.example.test");
  EXPECT_EQ(command_of("link", test_domain(), "Other"),
            "ferryman realm ad link ad.example.test --name Other");
}

}  // namespace
}  // namespace ferryman::ad
