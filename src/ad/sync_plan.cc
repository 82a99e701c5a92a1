#include "ad/sync_plan.h"

#include <fmt/format.h>

#include "ad/user_reader.h"
#include "base/text.h"

namespace ferryman::ad {
namespace {

// Why everything has to be read; empty: it has not.
std::string why_full(const std::optional<SyncState>& before, const Position& position, const SyncWish& wish,
                     std::int64_t now) {
  if (wish.full) return "as asked for";
  if (!before) return "there is no state of one before";
  if (!equal_without_case(before->server, position.server))
    return fmt::format("the one before asked {}", printable(before->server));
  if (before->invocation_id != position.invocation_id || before->usn > position.usn)
    return fmt::format("{} has been restored since", printable(position.server));
  if (before->tenant != wish.tenant) return "the one before was of another tenant";
  if (before->groups != wish.groups) return "the groups are others";
  if (before->full == 0) return "too many users were refused to remember them";
  if (before->time > now || now - before->full >= full_after) return "it is done once a day";
  return {};
}

}  // namespace

SyncPlan plan_sync(const std::optional<SyncState>& before, const Position& position, const SyncWish& wish,
                   std::int64_t now) {
  if (std::string why = why_full(before, position, wish, now); !why.empty())
    return {SyncPlan::Way::full, std::move(why)};
  // That somebody joins or leaves a group is no change of hers.
  if (!wish.groups.empty()) return {SyncPlan::Way::comparison, "of members of groups"};
  if (!wish.sees_deleted) return {SyncPlan::Way::comparison, "deleted users are not to be seen"};
  return {SyncPlan::Way::changes, ""};
}

std::string changed_since(const SyncState& before, std::int64_t now) {
  return fmt::format("(|(uSNChanged>={})(&(accountExpires>={})(accountExpires<={})))", before.usn + 1,
                     file_time_of(before.time), file_time_of(now));
}

std::string deleted_since(const SyncState& before) {
  return fmt::format("(&(isDeleted=TRUE)(objectClass=user)(!(objectClass=computer))(uSNChanged>={}))",
                     before.usn + 1);
}

}  // namespace ferryman::ad
