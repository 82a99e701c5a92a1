#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ad/domain.h"
#include "ad/failure.h"
#include "ad/step.h"
#include "ad/trust.h"

// What is to be changed in AD, made of what is there: a link or its end that stopped half-way goes on from
// where it is.
namespace ferryman::ad {

struct TrustWish {
  std::string name{default_trust_name};
  // DNs of groups, in place of those that the object has; nothing: they stay, be they none, and of a new
  // object they are Domain Users, and none but those that are always denied.
  std::optional<Values> allow{}, deny{};
};

// The steps to a whole link; none: it is whole. The number of krbtgt_NNNNN is the server's choice: after the
// steps the objects have to be read and the plan made again, until none is left. Refused where an object of
// this name is not ours.
Outcome<std::vector<Step>> plan_link(const Domain& domain, const TrustGroups& groups, const TrustWish& wish,
                                     const TrustObjects& objects);

// The steps that take away what there is of it; none: there is nothing.
Outcome<std::vector<Step>> plan_unlink(const TrustObjects& objects);

}  // namespace ferryman::ad
