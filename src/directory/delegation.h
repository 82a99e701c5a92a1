#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "directory/account.h"

namespace ferryman::directory {

// Services that act for users at other services: constrained delegation [MS-SFU] 1.3.2. Who may do so where
// is said of pairs of services, not of SPNs: whoever has a ticket can write another of its service's names on
// it.

// Whether one service, the actor, may act at another, the target. Either list is enough.
struct Delegation {
  bool by_actor = false;   // the actor's own list has the target
  bool by_target = false;  // the target's own list has the actor: resource-based delegation
};

// A service's own lists, of canonical names in their order without case.
struct DelegationLists {
  std::vector<std::string> to;    // at whom it may act
  std::vector<std::string> from;  // who may act at it
};
inline constexpr std::size_t max_delegations = 1000;  // of one list

// Those that go, go first; one that is to go has to be there.
struct DelegationChanges {
  std::vector<ObjectId> to{}, from{}, remove_to{}, remove_from{};
};

}  // namespace ferryman::directory
