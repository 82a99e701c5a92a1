#include "ad/sync_plan.h"

#include <gtest/gtest.h>

#include <functional>

#include "ad/sync_gate.h"
#include "ad/sync_test_tools.h"

namespace ferryman::ad {
namespace {

using Way = SyncPlan::Way;

const Position position{"dc1.ad.example.test", "6f9619ff-8b86-4011-b42d-00c04fc964ff", 5000};

SyncState state() {
  return {position.server, position.invocation_id, 4000, test_now - 900, test_now - 3600, "", {}, {}};
}

std::string why_full(const std::function<void(SyncState&)>& change, const SyncWish& wish = {}) {
  SyncState before = state();
  change(before);
  const SyncPlan plan = plan_sync(before, position, wish, test_now);
  return plan.way == Way::full ? plan.why : "not full";
}

TEST(SyncPlan, ReadsChangesWhereItCan) {
  EXPECT_EQ(plan_sync(state(), position, {}, test_now), (SyncPlan{Way::changes, ""}));
  SyncState other_case = state();
  other_case.server = "DC1.ad.example.test";
  EXPECT_EQ(plan_sync(other_case, position, {}, test_now).way, Way::changes);
  SyncState nothing_new = state();
  nothing_new.usn = position.usn;
  EXPECT_EQ(plan_sync(nothing_new, position, {}, test_now).way, Way::changes);
}

TEST(SyncPlan, ReadsEverythingWhereAChangeCouldBeMissed) {
  EXPECT_EQ(plan_sync(std::nullopt, position, {}, test_now).why, "there is no state of one before");
  EXPECT_EQ(why_full([](SyncState&) {}, {.full = true}), "as asked for");
  EXPECT_EQ(why_full([](SyncState& s) { s.server = "dc2.ad.example.test"; }),
            "the one before asked dc2.ad.example.test");
  EXPECT_EQ(why_full([](SyncState& s) { s.invocation_id = "other"; }),
            "dc1.ad.example.test has been restored since");
  EXPECT_EQ(why_full([](SyncState& s) { s.usn = 5001; }), "dc1.ad.example.test has been restored since");
  EXPECT_EQ(why_full([](SyncState& s) { s.tenant = "second"; }), "the one before was of another tenant");
  EXPECT_EQ(why_full([](SyncState& s) { s.groups = {"S-1-5-21-1-2-3-1200"}; }), "the groups are others");
  EXPECT_EQ(why_full([](SyncState&) {}, {.groups = {"S-1-5-21-1-2-3-1200"}}), "the groups are others");
  EXPECT_EQ(why_full([](SyncState& s) { s.full = 0; }), "too many users were refused to remember them");
  EXPECT_EQ(why_full([](SyncState& s) { s.full = test_now - full_after; }), "it is done once a day");
  EXPECT_EQ(why_full([](SyncState& s) { s.time = test_now + 60; }), "it is done once a day");
}

TEST(SyncPlan, ComparesWhereNoChangeTells) {
  SyncState before = state();
  EXPECT_EQ(plan_sync(before, position, {.sees_deleted = false}, test_now).way, Way::comparison);
  before.groups = {"S-1-5-21-1-2-3-1200"};
  EXPECT_EQ(plan_sync(before, position, {.groups = before.groups}, test_now).way, Way::comparison);
}

TEST(SyncPlan, AsksForWhatHasChangedAndWhatHasExpired) {
  EXPECT_EQ(
      changed_since(state(), test_now),
      "(|(uSNChanged>=4001)(&(accountExpires>=135444727000000000)(accountExpires<=135444736000000000)))");
  EXPECT_EQ(deleted_since(state()),
            "(&(isDeleted=TRUE)(objectClass=user)(!(objectClass=computer))(uSNChanged>=4001))");
}

TEST(SyncGate, AsksForMembersByWhateverWay) {
  EXPECT_EQ(gate_filter({}, {}), "");
  EXPECT_EQ(gate_filter({"CN=A (1),DC=x", "CN=B,DC=x"}, {513, 1200}),
            "(|(memberOf:1.2.840.113556.1.4.1941:=CN=A \\281\\29,DC=x)"
            "(memberOf:1.2.840.113556.1.4.1941:=CN=B,DC=x)(primaryGroupID=513)(primaryGroupID=1200))");
}

TEST(SyncPosition, IsOfADatabaseAndItsChanges) {
  Entry dse{"", {{"dnsHostName", {"dc1.ad.example.test"}}, {"highestCommittedUSN", {"5000"}}}}, settings;
  EXPECT_FALSE(parse_position(dse, settings));
  settings.attributes["invocationId"] = {
      std::string("\xff\x19\x96\x6f\x86\x8b\x11\x40\xb4\x2d\x00\xc0\x4f\xc9\x64\xff", 16)};
  const auto read = parse_position(dse, settings);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->server, "dc1.ad.example.test");
  EXPECT_EQ(read->invocation_id, "6f9619ff-8b86-4011-b42d-00c04fc964ff");
  EXPECT_EQ(read->usn, 5000);
  dse.attributes["highestCommittedUSN"] = {"-1"};
  EXPECT_FALSE(parse_position(dse, settings));
}

}  // namespace
}  // namespace ferryman::ad
