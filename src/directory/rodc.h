#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "directory/account.h"

namespace ferryman::directory {

// A read-only domain controller, or what looks like one: it has a krbtgt key of its own, and vouches by TGTs
// under it for those accounts that it is let to. Its number stands in the upper half of such a ticket's kvno
// ([MS-KILE] 3.1.5.8), the version of its key in the lower one.
inline constexpr std::uint32_t min_rodc = 1, max_rodc = 0xffff;

struct Rodc {
  std::uint16_t number = 0;
  std::uint32_t version = 0;  // of the present key, from first_kvno to max_krbtgt_kvno
  std::int64_t created = 0, key_changed = 0;
  // Those it may vouch for are in an allowed group and in no denied one; without an allowed one it is nobody.
  std::vector<Group> allowed{}, denied{};  // in the order of their names without case

  std::string name() const { return "krbtgt_" + std::to_string(number); }  // of its account
  std::uint32_t kvno() const { return kvno_of(version); }
  std::uint32_t kvno_of(std::uint32_t key_version) const {
    return static_cast<std::uint32_t>(number) << 16U | key_version;
  }
};

// Groups of its two lists. Those that go, go first; one that is to go has to be there.
struct RodcGroups {
  std::vector<ObjectId> allow{}, deny{}, remove_allow{}, remove_deny{};
};

}  // namespace ferryman::directory
