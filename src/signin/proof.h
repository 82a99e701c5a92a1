#pragma once

#include <functional>
#include <string_view>

#include "signin/realm.h"

namespace ferryman::signin {

// The reason of a refusal that has locked the account.
inline constexpr std::string_view reason_locks = "wrong password or code, and the account is locked by it";

struct Proven {
  directory::Principal user;
  directory::Gesture gesture = directory::Gesture::password;
};

// Tries what the user gave as a one-time code and as her password, each where it is allowed. Wrong ones count
// for the lock-out as wrong keys at the KDC do. Who is nobody is told what a wrong password is.
Step<Proven> prove(const Realm& realm, const directory::Tenant& tenant, std::string_view user,
                   std::string_view secret);

// The same of what else a user may guess at: look() tells whether she is right.
Step<bool> count_guess(const Realm& realm, const directory::Principal& user,
                       const std::function<directory::Outcome<bool>()>& look);

}  // namespace ferryman::signin
