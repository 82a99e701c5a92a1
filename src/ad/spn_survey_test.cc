#include "ad/spn_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferryman::ad {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Entry account(const std::string& dn, Values spns) {
  return {dn, {{"servicePrincipalName", std::move(spns)}}};
}

TEST(SpnSurvey, FindsANameOfTwoAccountsWithoutCase) {
  SpnSurvey survey;
  survey.add(account("CN=a", {"HTTP/www.example.test", "HTTP/only.a"}));
  survey.add(account("CN=b", {"http/WWW.example.test"}));
  survey.add(account("CN=c", {"HTTP/www.example.test"}));
  ASSERT_EQ(survey.duplicate_count(), 1u);
  const auto duplicates = survey.duplicates();
  EXPECT_EQ(duplicates[0].spn, "http/www.example.test");
  EXPECT_THAT(duplicates[0].accounts, ElementsAre("CN=a", "CN=b", "CN=c"));
  EXPECT_EQ(survey.count(), 2u);
}

TEST(SpnSurvey, ANameThatOneAccountHasTwiceIsNoDuplicate) {
  SpnSurvey survey;
  survey.add(account("CN=a", {"HTTP/www", "http/WWW"}));
  EXPECT_THAT(survey.duplicates(), IsEmpty());
}

TEST(SpnSurvey, TellsOnlySoMany) {
  SpnSurvey survey;
  Values spns;
  for (std::size_t i = 0; i < SpnSurvey::max_told + 5; ++i) spns.push_back("HTTP/h" + std::to_string(i));
  survey.add(account("CN=a", spns));
  survey.add(account("CN=b", spns));
  EXPECT_EQ(survey.duplicates().size(), SpnSurvey::max_told);
  EXPECT_EQ(survey.duplicate_count(), SpnSurvey::max_told + 5);
}

}  // namespace
}  // namespace ferryman::ad
