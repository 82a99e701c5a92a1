#pragma once

#include "base/descriptor.h"
#include "login/accounts.h"
#include "login/failure.h"

namespace ferryman::logon {

// Accounts::lock(), which waits for whoever holds it: a logon or a refresh, which does so for as long as its
// server takes. Fault busy after 20 seconds.
login::Outcome<Descriptor> wait_for_lock(login::Accounts& accounts);

}  // namespace ferryman::logon
