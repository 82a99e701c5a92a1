#pragma once

#include <string>
#include <vector>

#include "ad/connection.h"
#include "ad/domain.h"
#include "ad/finding.h"
#include "ad/trust.h"

namespace ferryman::ad {

// Which of these users get no tickets of the domain by a cloud trust, and why; none where there is no such
// trust. names: as find_account() takes them.
Outcome<std::vector<Finding>> judge_users(Connection& connection, const Domain& domain,
                                          const TrustObjects& objects, const std::vector<std::string>& names);

}  // namespace ferryman::ad
