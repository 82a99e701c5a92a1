#pragma once

#include <cstdint>
#include <string>

#include "login/accounts.h"
#include "machine/config.h"

namespace ferryman::logon {

// What is kept of a user's logons here, beside her keys. Times are seconds since 1970.
struct Attempts {
  std::int64_t signed_in = 0;    // at the server, the last time; 0: never
  std::uint32_t wrong_pins = 0;  // since the last right one
  std::int64_t last_wrong = 0;

  // Seconds for which no PIN is tried any more; 0: one may be. Never more than the pause.
  std::int64_t pause_left(const machine::Config& config, std::int64_t now) const;
  // Whether a PIN alone will do.
  bool may_be_offline(const machine::Config& config, std::int64_t now) const;
};

// What is damaged counts as none but for signed_in: it lets nobody in. A wrong PIN that is said to have been
// in the future was before the clock was set back: it is one of now, also for who reads them later.
login::Outcome<Attempts> read_attempts(const login::Accounts& accounts, std::int64_t now);
login::Outcome<void> write_attempts(const login::Accounts& accounts, const Attempts& attempts);

}  // namespace ferryman::logon
