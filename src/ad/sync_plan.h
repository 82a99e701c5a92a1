#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ad/sync_position.h"
#include "ad/sync_state.h"

// What a synchronisation reads, judged by what the one before has left.
namespace ferryman::ad {

// What is asked for.
struct SyncWish {
  std::string tenant{};
  std::vector<std::string> groups{};  // as in SyncState
  bool full = false;
  bool sees_deleted = true;  // what is left of deleted users may be read
};

struct SyncPlan {
  enum class Way : std::uint8_t {
    full,        // all users, and who of the realm's is not among them
    changes,     // users that have changed, and those that were deleted
    comparison,  // users that have changed, and the SIDs of all to compare
  };
  Way way;
  std::string why;  // of full and comparison, for people: "this is the first time"

  friend bool operator==(const SyncPlan&, const SyncPlan&) = default;
};

// Everything is read once a day: what no change has told of is found then.
inline constexpr std::int64_t full_after = 24 * 3600;

// now: seconds since 1970.
SyncPlan plan_sync(const std::optional<SyncState>& before, const Position& position, const SyncWish& wish,
                   std::int64_t now);

// Of users that the plan reads: filters that stand beside others within "(&…)". Of those that have changed
// since also those whose accounts have expired meanwhile, which changes nothing of them.
std::string changed_since(const SyncState& before, std::int64_t now);
// Of a user's account as it is left when she has been deleted.
std::string deleted_since(const SyncState& before);

}  // namespace ferryman::ad
