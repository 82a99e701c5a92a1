#include "kerberos/principal_name.h"

#include <gtest/gtest.h>

namespace ferryman::kerberos {
namespace {

TEST(Name, IsViewedAsItsComponents) {
  const Name name(2, {"krbtgt", "MIT.TEST"});
  EXPECT_EQ(name.view().name_type, 2);
  EXPECT_EQ(name.view().size(), 2U);
  EXPECT_EQ(name.view().component(0), "krbtgt");
  EXPECT_EQ(name.view().component(1), "MIT.TEST");
  EXPECT_EQ(name.view().component(2), "");
  EXPECT_EQ(Name(0, {}).view().size(), 0U);
}

TEST(PrincipalName, IsItsComponentsWhateverItsType) {
  const Name name(1, {"a", "b"}), same(3, {"a", "b"}), other(1, {"a", "B"}), joined(1, {"ab"}),
      shorter(1, {"a"});
  EXPECT_TRUE(name.view().is({"a", "b"}));
  EXPECT_FALSE(name.view().is({"a"}));
  EXPECT_FALSE(name.view().is({"a", "b", ""}));
  EXPECT_FALSE(name.view().is({"a", "c"}));
  EXPECT_TRUE(Name(0, {}).view().is({}));
  EXPECT_TRUE(same_components(name.view(), same.view()));
  EXPECT_FALSE(same_components(name.view(), other.view()));
  EXPECT_FALSE(same_components(name.view(), joined.view()));
  EXPECT_FALSE(same_components(name.view(), shorter.view()));
}

}  // namespace
}  // namespace ferryman::kerberos
