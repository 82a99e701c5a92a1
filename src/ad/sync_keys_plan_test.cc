#include "ad/sync_keys_plan.h"

#include <gmock/gmock.h>

#include "ad/sync_keys_test_tools.h"

namespace ferryman::ad {
namespace {

using pki::KeyCredential;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Change::Kind;

const std::string dn = "CN=Alice,CN=Users,DC=ad,DC=example,DC=test";
const std::string attribute = key_link_attribute;

std::string link(const KeyCredential& key) {
  return key_link(key, dn);
}

KeyCredential key(std::uint8_t octet, std::optional<std::uint64_t> last_use = {}) {
  return made_up_key(octet, last_use);
}

// What a foreign writer has made of the same key.
KeyCredential of_somebody_else(KeyCredential key) {
  key.source = pki::key_source::entra_id;
  return key;
}

TEST(KeyLink, IsReadAsItWasWritten) {
  const std::string value = link(key(1, test_use));
  EXPECT_TRUE(value.starts_with("B:"));
  EXPECT_TRUE(value.ends_with(":" + dn));
  EXPECT_EQ(parse_key_link(value), key(1, test_use));
  std::string small = value;
  for (char& c : small) c = ascii_lower(c);
  EXPECT_EQ(parse_key_link("B" + small.substr(1)), key(1, test_use));
}

TEST(KeyLink, OfAnotherFormIsNone) {
  const std::string value = link(key(1));
  const auto colon = value.find(':', 2);
  const std::string rest = value.substr(colon);
  for (const std::string& wrong :
       {std::string(), std::string("B"), std::string("B:0::") + dn, "S" + value.substr(1), "B:7" + rest,
        "B:x" + rest, value.substr(0, value.size() - dn.size() - 1), value.substr(0, colon + 9) + ":" + dn})
    EXPECT_FALSE(parse_key_link(wrong)) << wrong;
  std::string no_digit = value;
  no_digit[colon + 3] = 'G';
  EXPECT_FALSE(parse_key_link(no_digit));
  std::string other_hash = value;
  other_hash[value.size() - dn.size() - 2] ^= 1;
  EXPECT_FALSE(parse_key_link(other_hash));
}

TEST(KeysPlan, WritesWhatIsMissing) {
  const KeyPlan plan = plan_keys(dn, {}, {key(1), key(2, test_use)}, {});
  EXPECT_THAT(plan.changes,
              ElementsAre(Change{Kind::add, attribute, {link(key(1)), link(key(2, test_use))}}));
  EXPECT_THAT(plan.written, ElementsAre(key(1).id(), key(2).id()));
  EXPECT_EQ(plan.ours, (KeyIds{key(1).id(), key(2).id()}));
}

TEST(KeysPlan, HasNothingToDoWhereAllIsThere) {
  for (const auto& use : {std::optional<std::uint64_t>(), std::optional(test_use),
                          std::optional(test_use + use_is_written_after)}) {
    const KeyPlan plan = plan_keys(dn, {link(key(1, test_use))}, {key(1, use)}, {});
    EXPECT_THAT(plan.changes, IsEmpty());
    EXPECT_EQ(plan.ours, KeyIds{key(1).id()}) << "whether or not it is known that it was written";
  }
}

TEST(KeysPlan, WritesALaterUseInPlaceOfTheFormer) {
  const std::uint64_t later = test_use + use_is_written_after + 1;
  KeyPlan plan = plan_keys(dn, {link(key(1, test_use))}, {key(1, later)}, {});
  EXPECT_THAT(plan.changes, ElementsAre(Change{Kind::remove, attribute, {link(key(1, test_use))}},
                                        Change{Kind::add, attribute, {link(key(1, later))}}));
  EXPECT_THAT(plan.removed, IsEmpty());
  plan = plan_keys(dn, {link(key(1))}, {key(1, test_use)}, {});
  EXPECT_EQ(plan.changes.size(), 2U) << "the first use";
}

TEST(KeysPlan, TakesAwayWhatWasWrittenAndIsRevoked) {
  const Values there{link(key(1)), link(key(2)), link(key(3))};
  const KeyPlan plan = plan_keys(dn, there, {key(1)}, {key(1).id(), key(2).id(), key(4).id()});
  EXPECT_THAT(plan.changes, ElementsAre(Change{Kind::remove, attribute, {link(key(2))}}));
  EXPECT_THAT(plan.removed, ElementsAre(key(2).id()));
  EXPECT_EQ(plan.ours, KeyIds{key(1).id()});
  EXPECT_EQ(plan_keys(dn, there, {}, {}), KeyPlan()) << "none of these was written";
}

TEST(KeysPlan, LeavesWhatSomebodyElseHasWritten) {
  const KeyCredential foreign = of_somebody_else(key(1));
  EXPECT_EQ(plan_keys(dn, {link(foreign)}, {key(1, test_use)}, {key(1).id()}), KeyPlan())
      << "it is there already, and no longer the one that was written";
  const KeyPlan plan = plan_keys(dn, {link(foreign), link(key(1))}, {key(1, test_use)}, {key(1).id()});
  EXPECT_THAT(plan.changes, ElementsAre(Change{Kind::remove, attribute, {link(key(1))}},
                                        Change{Kind::add, attribute, {link(key(1, test_use))}}));
  EXPECT_EQ(plan_keys(dn, {link(foreign)}, {}, {key(1).id()}), KeyPlan()) << "though it is revoked here";
  KeyCredential fido = key(2);
  fido.usage = pki::key_usage::fido;
  EXPECT_EQ(plan_keys(dn, {link(fido)}, {}, {fido.id()}), KeyPlan());
}

TEST(KeysPlan, LeavesWhatItDoesNotUnderstand) {
  const Values there{"", "B:4:0102:" + dn, link(key(1)) + "x", "no value", link(key(9))};
  const KeyPlan plan = plan_keys(dn, there, {key(1), key(2)}, {key(3).id()});
  EXPECT_THAT(plan.changes, ElementsAre(Change{Kind::add, attribute, {link(key(2))}}));
}

TEST(KeysPlan, LeavesOneOfDuplicates) {
  const Values there{link(key(1)), link(key(1, test_use)), link(key(1, test_use - 5))};
  const KeyPlan plan = plan_keys(dn, there, {key(1, test_use)}, {});
  EXPECT_THAT(plan.changes,
              ElementsAre(Change{Kind::remove, attribute, {link(key(1)), link(key(1, test_use - 5))}}));
  EXPECT_THAT(plan.removed, IsEmpty()) << "it is there still";
  const KeyPlan all = plan_keys(dn, there, {}, {key(1).id()});
  ASSERT_EQ(all.changes.size(), 1U);
  EXPECT_EQ(all.changes[0].values.size(), 3U);
  EXPECT_THAT(all.removed, ElementsAre(key(1).id()));
}

}  // namespace
}  // namespace ferryman::ad
