#pragma once

#include <chrono>
#include <cstdint>

#include "base/rate_limiter.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "policy/policy.h"

namespace ferryman::policy {

// Failed logons of each principal and each client, for Rules::principal_failures and client_failures. The
// KDCs count as well, and lock accounts; what is refused here they never see, so that nobody on the Internet
// can lock a user out or try password after password. Thread-safe, bounded, forgets with time.
class Failures {
 public:
  using Clock = RateLimiter::Clock;

  // Which of the two has failed too often to try again now, or Rule::none. Only an AS-REQ tries a password.
  // client: 0 for none that is counted. A principal that comes in FAST is not refused: who has an armor key
  // is known.
  Rule refused_by(const Rules& rules, const kerberos::Request& request, std::uint64_t client,
                  Clock::time_point now) const;

  // Counts what a KDC said to it.
  void note(const Rules& rules, const kerberos::Request& request, const kerberos::Reply& reply,
            std::uint64_t client, Clock::time_point now);

 private:
  RateLimiter counts_{std::size_t{1} << 15};
};

}  // namespace ferryman::policy
