#pragma once

#include <cstdint>

#include "login/accounts.h"
#include "login/failure.h"
#include "login/session.h"
#include "pkinit/kdc_anchors.h"

namespace ferryman::login {

// Gets an account's ticket from the KDC of its realm, by PKINIT with the user's key, and puts it where the
// last sign-in has put its own. The sign-in service is not asked, and tokens stay what they are. Whoever
// calls holds the lock of the accounts. now: seconds since 1970. Faults: pin, refused, not_reachable, failed.
Outcome<SignedIn> log_on_by_pkinit(const Accounts& accounts, const EnrolledAccount& account, const Keys& with,
                                   const pkinit::KdcAnchors& anchors, std::int64_t now);

}  // namespace ferryman::login
