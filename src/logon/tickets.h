#pragma once

#include <string>

#include "base/bytes.h"
#include "login/failure.h"

// A user's tickets in her own credential cache. Runs as the user, and believes what the machine gives.
namespace ferryman::logon {

// contents: of caches' files, as PrivateCache has them. Gives the name by which a session finds them.
login::Outcome<std::string> store_tickets(Bytes contents);
// Those that store_tickets() has put where $KRB5CCNAME says.
login::Outcome<void> remove_tickets();

}  // namespace ferryman::logon
