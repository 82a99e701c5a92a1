#pragma once

#include <string>

#include "base/bytes.h"
#include "login/failure.h"

// A user's tickets in her own credential cache. Runs as the user, and believes what the machine gives.
namespace ferryman::logon {

// contents: of a cache's file, as PrivateCache has it. Gives the name of the cache that they are in now.
login::Outcome<std::string> store_tickets(Bytes contents);
// Those in the cache that $KRB5CCNAME names.
login::Outcome<void> remove_tickets();

}  // namespace ferryman::logon
