#pragma once

#include <chrono>
#include <cstdint>

#include "jose/fault.h"
#include "json/parse.h"

namespace ferryman::jose {

// When claims are valid (RFC 7519 4.1.4 to 4.1.6).
struct TimeRules {
  std::chrono::seconds skew{300};      // how wrong a client's clock may be
  std::chrono::seconds max_age{3600};  // how far back clients date `iat`; what is fresh a nonce tells
  bool needs_times = true;             // `iat` and `exp` must be there: not in a PRT's renewal
};

// now: seconds since 1970. Faults: claim where a time is no number or must be there, or exp is not behind
// iat; expired, not_yet_valid, too_old.
Outcome<void> check_times(const json::Json& claims, std::int64_t now, const TimeRules& rules = {});

}  // namespace ferryman::jose
