#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "login/failure.h"
#include "logon/conversation.h"
#include "logon/verdict.h"
#include "machine/accounts.h"
#include "machine/config.h"

namespace ferryman::logon {

// Whether a user who has proven who she is may log on here, by what the server has said last.
Result check_account(const machine::Config& config, const machine::Accounts& accounts,
                     const std::string& name, std::int64_t now);

// Seconds since 1970, whenever it is asked: a person may take her time at a prompt.
using Clock = std::function<std::int64_t()>;

// Lets her prove it: by her key here and its PIN, at the server, or, where that cannot be reached and
// machine.toml allows it, by the key alone; by a code where she has no key here yet. Runs as the user
// ferryman-logon, who owns all that is believed: her keys, and which server is asked.
Verdict authenticate(const machine::Config& config, const machine::Accounts& accounts,
                     const std::string& name, Conversation& talk, const Clock& now);

// Takes her keys away, so that her next logon takes a code.
login::Outcome<void> forget(const machine::User& user);

}  // namespace ferryman::logon
