#pragma once

#include "base/bytes.h"
#include "keys/key_store.h"
#include "login/accounts.h"
#include "login/failure.h"

namespace ferryman::logon {

// Whether the PIN uses the user's private key: something new is signed with it, and the public key that the
// tenant got when she enrolled verifies that. Faults: pin, failed.
login::Outcome<void> prove_key(const login::EnrolledAccount& account, keys::KeyStore& store, Bytes pin);

}  // namespace ferryman::logon
