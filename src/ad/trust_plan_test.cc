#include "ad/trust_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ad/test_domain.h"

namespace ferryman::ad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "add CN=FerrymanKerberos", ...
std::vector<std::string> shape_of(const Outcome<std::vector<Step>>& steps) {
  std::vector<std::string> shape;
  if (!steps) return {"refused"};
  for (const Step& step : *steps) {
    std::string text = step.kind == Step::Kind::add      ? "add "
                       : step.kind == Step::Kind::modify ? "modify "
                                                         : "remove ";
    text += step.dn.substr(0, step.dn.find(','));
    for (const Change& change : step.changes) text += " " + change.attribute;
    shape.push_back(text);
  }
  return shape;
}

std::vector<std::string> link_of(const TrustObjects& objects, const TrustWish& wish = {}) {
  return shape_of(plan_link(test_domain(), test_groups(), wish, objects));
}

TEST(TrustPlan, LinksFromNothing) {
  const auto steps = plan_link(test_domain(), test_groups(), {}, {});
  EXPECT_THAT(shape_of(steps), ElementsAre("add CN=FerrymanKerberos", "add CN=krbtgt_FerrymanKerberos",
                                           "modify CN=FerrymanKerberos msDS-KrbTgtLink"));
  const Step& computer = steps->at(0);
  EXPECT_EQ(computer.dn, "CN=FerrymanKerberos,OU=Domain Controllers,DC=ad,DC=example,DC=test");
  EXPECT_THAT(computer.attributes.at("userAccountControl"), ElementsAre("83890176"));
  EXPECT_EQ(computer.attributes.at("msDS-NeverRevealGroup"), test_groups().never);
  EXPECT_THAT(computer.attributes.at("msDS-RevealOnDemandGroup"), ElementsAre(test_groups().users));
  const Step& krbtgt = steps->at(1);
  EXPECT_EQ(krbtgt.dn, "CN=krbtgt_FerrymanKerberos,CN=Users,DC=ad,DC=example,DC=test");
  EXPECT_THAT(krbtgt.attributes.at("userAccountControl"), ElementsAre("514"));
  EXPECT_EQ(krbtgt.controls.at(0).oid, control::rodc_promotion);
  EXPECT_THAT(steps->at(2).changes.at(0).values, ElementsAre(krbtgt.dn));
}

TEST(TrustPlan, HasNothingToDoWhereAllIsThere) {
  EXPECT_THAT(link_of(test_objects()), IsEmpty());
}

TEST(TrustPlan, GoesOnFromEachHalf) {
  TrustObjects objects = test_objects();
  objects.computer->krbtgt_link.clear();
  EXPECT_THAT(link_of(objects), ElementsAre("modify CN=FerrymanKerberos msDS-KrbTgtLink"));
  objects.krbtgt.reset();
  EXPECT_THAT(link_of(objects),
              ElementsAre("add CN=krbtgt_FerrymanKerberos", "modify CN=FerrymanKerberos msDS-KrbTgtLink"));
  objects = test_objects();
  objects.computer.reset();
  EXPECT_THAT(link_of(objects),
              ElementsAre("add CN=FerrymanKerberos", "modify CN=FerrymanKerberos msDS-KrbTgtLink"));
}

TEST(TrustPlan, AnotherNumberIsDrawnWhereClientsCannotReadIt) {
  for (const std::int64_t number : {0, 32'768, 65'535}) {
    TrustObjects objects = test_objects();
    objects.krbtgt->number = number;
    EXPECT_THAT(link_of(objects),
                ElementsAre("remove CN=krbtgt_FerrymanKerberos", "add CN=krbtgt_FerrymanKerberos",
                            "modify CN=FerrymanKerberos msDS-KrbTgtLink"))
        << number;
  }
  TrustObjects objects = test_objects();
  objects.krbtgt->number = 32'767;
  EXPECT_THAT(link_of(objects), IsEmpty());
}

TEST(TrustPlan, ALinkToAnotherAccountIsSetRight) {
  TrustObjects objects = test_objects();
  objects.computer->krbtgt_link = "CN=krbtgt_other,CN=Users,DC=ad,DC=example,DC=test";
  EXPECT_THAT(link_of(objects), ElementsAre("modify CN=FerrymanKerberos msDS-KrbTgtLink"));
}

TEST(TrustPlan, SettingsThatWereChangedAreSetRight) {
  TrustObjects objects = test_objects();
  objects.computer->account_control = 0x1000;
  objects.computer->etypes = 4;
  objects.computer->never_reveal.pop_back();
  objects.krbtgt->account_control = 512;
  EXPECT_THAT(link_of(objects),
              ElementsAre("modify CN=FerrymanKerberos userAccountControl msDS-SupportedEncryptionTypes "
                          "msDS-NeverRevealGroup",
                          "modify CN=krbtgt_FerrymanKerberos userAccountControl"));
}

TEST(TrustPlan, GroupsStayUnlessOthersAreWished) {
  TrustObjects objects = test_objects();
  objects.computer->reveal_on_demand = {"CN=Staff"};
  objects.computer->never_reveal.push_back("CN=Guests");
  EXPECT_THAT(link_of(objects), IsEmpty());
  objects.computer->reveal_on_demand.clear();
  EXPECT_THAT(link_of(objects), IsEmpty()) << "nobody is allowed any more";
  TrustWish wish;
  wish.allow = {"CN=Cloud"};
  wish.deny = {"CN=Interns"};
  const auto steps = plan_link(test_domain(), test_groups(), wish, objects);
  ASSERT_THAT(shape_of(steps),
              ElementsAre("modify CN=FerrymanKerberos msDS-NeverRevealGroup msDS-RevealOnDemandGroup"));
  EXPECT_THAT(steps->at(0).changes.at(0).values,
              ElementsAre("CN=Denied,CN=Users", "CN=Administrators,CN=Builtin", "CN=Interns"));
  EXPECT_THAT(steps->at(0).changes.at(1).values, ElementsAre("CN=Cloud"));
}

TEST(TrustPlan, AnObjectOfSomebodyElseIsNeverTouched) {
  TrustObjects objects = test_objects();
  objects.computer->description = "AzureADKerberos";
  EXPECT_FALSE(plan_link(test_domain(), test_groups(), {}, objects));
  EXPECT_FALSE(plan_unlink(objects));
  objects = test_objects();
  objects.krbtgt->description.clear();
  EXPECT_FALSE(plan_link(test_domain(), test_groups(), {}, objects));
  EXPECT_FALSE(plan_unlink(objects));
}

TEST(TrustPlan, UnlinksWhateverIsThere) {
  TrustObjects objects = test_objects();
  EXPECT_THAT(shape_of(plan_unlink(objects)),
              ElementsAre("modify CN=FerrymanKerberos msDS-KrbTgtLink", "remove CN=krbtgt_FerrymanKerberos",
                          "remove CN=FerrymanKerberos"));
  objects.computer->krbtgt_link.clear();
  EXPECT_THAT(shape_of(plan_unlink(objects)),
              ElementsAre("remove CN=krbtgt_FerrymanKerberos", "remove CN=FerrymanKerberos"));
  objects.krbtgt.reset();
  EXPECT_THAT(shape_of(plan_unlink(objects)), ElementsAre("remove CN=FerrymanKerberos"));
  EXPECT_THAT(shape_of(plan_unlink({})), IsEmpty());
}

TEST(TrustPlan, NamesAreThoseOfAnAccount) {
  EXPECT_TRUE(is_trust_name("FerrymanKerberos"));
  EXPECT_TRUE(is_trust_name("a-b_2"));
  for (const char* name : {"", "-a", "a b", "a,b", "a$", "ABCDEFGHIJKLMNOPQRST"})
    EXPECT_FALSE(is_trust_name(name));
}

TEST(TrustPlan, AdministratorsAreNeverAllowed) {
  const pac::Sid domain = test_domain().sid;
  for (const std::uint32_t rid : {500, 502, 512, 516, 518, 519, 520, 521})
    EXPECT_TRUE(is_never_allowed(domain.with_rid(rid), domain)) << rid;
  EXPECT_TRUE(is_never_allowed(*pac::Sid::of_text("S-1-5-32-544"), domain));
  EXPECT_FALSE(is_never_allowed(domain.with_rid(513), domain));
  EXPECT_FALSE(is_never_allowed(*pac::Sid::of_text("S-1-5-32-545"), domain));
}

}  // namespace
}  // namespace ferryman::ad
