#include "signin/form.h"

#include <gtest/gtest.h>

namespace ferryman::signin {
namespace {

using State = Parameter::State;

std::string value(std::string_view form, std::string_view name) {
  const Parameter parameter = find_parameter(form, name);
  EXPECT_EQ(parameter.state, State::single) << form;
  return parameter.value;
}

TEST(Form, FindsAParameterWhereverItStands) {
  EXPECT_EQ(value("grant_type=srv_challenge", "grant_type"), "srv_challenge");
  EXPECT_EQ(value("a=1&grant_type=x&b", "grant_type"), "x");
  EXPECT_EQ(value("a=1&b", "b"), "");
  EXPECT_EQ(value("a=1=2&", "a"), "1=2");
  EXPECT_EQ(find_parameter("", "a").state, State::absent);
  EXPECT_EQ(find_parameter("&&=&ab=1", "a").state, State::absent);
}

TEST(Form, DecodesAndLeavesWhatIsNotEncoded) {
  EXPECT_EQ(value("a=urn%3Aietf+x", "a"), "urn:ietf x");
  EXPECT_EQ(value("a=urn:ietf:params", "a"), "urn:ietf:params");
  EXPECT_EQ(value("%61=1", "a"), "1");
  EXPECT_EQ(value("a=%", "a"), "%");
  EXPECT_EQ(value("a=%4", "a"), "%4");
  EXPECT_EQ(value("a=%zz", "a"), "%zz");
}

TEST(Form, KnowsWhatStandsThereTwice) {
  EXPECT_EQ(find_parameter("a=1&b=2&a=1", "a").state, State::repeated);
}

}  // namespace
}  // namespace ferryman::signin
