#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ad/connection.h"
#include "ad/domain.h"
#include "ad/failure.h"

namespace ferryman::ad {

// Whose members are taken over, direct ones and by other groups.
struct SyncGate {
  std::vector<std::string> groups{};  // SIDs, in order; none: everybody is
  std::string filter{};               // that stands beside others within "(&…)"
};

// dns: of the groups; rids: of those and of all groups within them, which may be somebody's primary group: of
// that one memberOf says nothing [MS-ADTS 3.1.1.4.5.31].
std::string gate_filter(const std::vector<std::string>& dns, const std::vector<std::uint32_t>& rids);

inline constexpr std::size_t max_nested_groups = 1000;

// names: as find_account() takes them.
Outcome<SyncGate> read_gate(Connection& connection, const Domain& domain,
                            const std::vector<std::string>& names);

}  // namespace ferryman::ad
