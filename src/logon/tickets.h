#pragma once

#include <string>

#include "base/bytes.h"
#include "login/failure.h"

// A user's tickets in her own credential cache. Runs as the user, and believes what the machine gives.
namespace ferryman::logon {

// contents: of caches' files, as PrivateCache has them. Gives the name of the cache that the first are in
// now.
login::Outcome<std::string> store_tickets(Bytes contents);
// Those in the cache that $KRB5CCNAME names, and in files beside it.
login::Outcome<void> remove_tickets();

}  // namespace ferryman::logon
