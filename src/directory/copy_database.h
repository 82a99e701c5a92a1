#pragma once

#include "directory/database.h"

namespace ferryman::directory {

// Copies all that there is in one database, as it is at one moment, to another one that was opened with the
// same master key and has no tenant yet; of whichever engines they are. All is there, and durable, when it
// returns, or nothing. What others write to the first meanwhile stays there: they must have been stopped.
Outcome<void> copy_database(Database& from, Database& to);

}  // namespace ferryman::directory
