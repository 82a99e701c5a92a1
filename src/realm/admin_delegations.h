#pragma once

#include <string>
#include <vector>

#include "directory/delegation.h"
#include "realm/admin_call.h"

namespace ferryman::realm {

// Services of service.set that act for users at it, or at which it does, as the arguments name them:
// `delegate_to`, `allow_delegation_from`, and either with `remove_` in front.
class DelegationNames {
 public:
  explicit DelegationNames(Arguments& arguments);

  bool any() const;
  // Each by any of its SPNs, also by an alias of HOST, as tickets are asked for; not_found where there is
  // none.
  admin::Outcome<directory::DelegationChanges> find(const Call& call) const;

 private:
  std::vector<std::string> to_, from_, remove_to_, remove_from_;
};

}  // namespace ferryman::realm
