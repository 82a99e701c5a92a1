#pragma once

#include <chrono>
#include <cstdint>

#include "base/rate_limiter.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "policy/accounts.h"
#include "policy/policy.h"

namespace ferryman::policy {

// One request as the counters see it.
struct Logon {
  const Rules& rules;
  Directory directory;
  const kerberos::Request& request;
  std::uint64_t client;  // 0: none that is counted
};

// What the counters keep of a request from its admission to its end.
struct Attempt {
  Accounts::Hash spelling = 0;  // of a name that is judged; 0: there is none
  Accounts::Hash account = 0;   // 0: not known whose name that is
  bool guesses = false;         // it carries what a KDC may find wrong
  bool counted = false;         // as a failure, until it turns out to be none
  unsigned written = 1;         // how often, so that KDCs may have counted it as often

  // Only the KDC can tell whose failures are to be looked at before it sees this guess.
  bool must_ask() const { return guesses && account == 0; }
};

// Failed logons of each account and each client, for Rules::principal_failures and client_failures. The
// KDCs count as well, and lock accounts; what is refused here they never see, so that nobody on the Internet
// can lock a user out or try password after password.
//
// An account has one counter, whatever names are tried (accounts.h). So a guess for a name that no KDC has
// explained yet waits until one has been asked (kerberos/salt.h). From its admission on a guess counts as a
// failure, and no longer when the KDC's answer is another: guesses at the same time, or whose client does not
// wait, are no more than others. What is inside FAST is neither refused nor counted: who has an armor key is
// known, and whose name is inside cannot be seen.
//
// Thread-safe, bounded, forgets with time.
class Failures {
 public:
  using Clock = RateLimiter::Clock;

  // Which of the two has failed too often to try again now, or Rule::none. Only an AS-REQ tries a password.
  // Where attempt.must_ask() afterwards, a KDC's answer to ask_for_salt() comes first, then admit_as().
  Rule admit(const Logon& logon, Attempt& attempt, Clock::time_point now);
  Rule admit_as(const Logon& logon, Attempt& attempt, const kerberos::Reply& told, Clock::time_point now);

  // Counts what a KDC said to it.
  void note(const Logon& logon, Attempt& attempt, const kerberos::Reply& reply, Clock::time_point now);
  // Counters of accounts and clients that are not at nothing.
  std::size_t in_use(Clock::time_point now) const { return counts_.in_use(now); }
  // No KDC has seen it, or none was there to judge it.
  void forget(const Logon& logon, Attempt& attempt, Clock::time_point now);

 private:
  bool take(const Logon& logon, Attempt& attempt, Clock::time_point now);
  void learn(const Logon& logon, Attempt& attempt, const kerberos::Reply& reply, Clock::time_point now);

  Accounts accounts_;
  RateLimiter counts_{std::size_t{1} << 15};
};

}  // namespace ferryman::policy
