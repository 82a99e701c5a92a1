#pragma once

#include "account/policy.h"
#include "admin/message.h"
#include "directory/directory.h"

namespace ferryman::realm {

// What a member of `accounts` of import.accounts is, or `invalid`, which is of this one alone. Its keys of
// the highest kvno say which encryption types it has: older ones of RC4 alone stay behind, and do not bring
// RC4 back to it.
admin::Outcome<directory::WholeAccount> imported_account(const account::Policy& policy,
                                                         const admin::Json& object);

// `invalid` where the realm has no RC4.
admin::Outcome<void> check_rc4(const account::Policy& policy);

// The highest; 0: it has no keys.
std::uint32_t newest_kvno(const directory::WholeAccount& account);

}  // namespace ferryman::realm
