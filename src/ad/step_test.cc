#include "ad/step.h"

#include <gtest/gtest.h>

namespace ferryman::ad {
namespace {

TEST(Step, AnAdditionIsLdifWithItsControls) {
  const Step step{Step::Kind::add,
                  "why",
                  "CN=x,DC=ad",
                  {{"objectClass", {"user"}}, {"cn", {"x", "y"}}},
                  {},
                  {{control::rodc_promotion}}};
  EXPECT_EQ(ldif_of(step),
            "# why\n"
            "dn: CN=x,DC=ad\n"
            "control: 1.2.840.113556.1.4.1341 true\n"
            "changetype: add\n"
            "cn: x\n"
            "cn: y\n"
            "objectClass: user\n");
}

TEST(Step, ChangesAreLdif) {
  const Step step{Step::Kind::modify,
                  "why",
                  "CN=x,DC=ad",
                  {},
                  {{Change::Kind::replace, "a", {"1", "2"}}, {Change::Kind::remove, "b", {}}}};
  EXPECT_EQ(ldif_of(step),
            "# why\n"
            "dn: CN=x,DC=ad\n"
            "changetype: modify\n"
            "replace: a\n"
            "a: 1\n"
            "a: 2\n"
            "-\n"
            "delete: b\n"
            "-\n");
}

TEST(Step, WhatIsNoSafeStringIsInBase64) {
  const Step step{Step::Kind::remove, "why", "CN=\xc3\xa9,DC=ad"};
  EXPECT_EQ(ldif_of(step), "# why\ndn:: Q049w6ksREM9YWQ=\nchangetype: delete\n");
}

}  // namespace
}  // namespace ferryman::ad
