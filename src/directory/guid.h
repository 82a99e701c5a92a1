#pragma once

#include "base/guid.h"

namespace ferryman::directory {

using ferryman::Guid;
using ferryman::guid_of_text;

// RFC 4122 4.4.
Guid random_guid();

// Kinds of them, so that the one is never passed for the other.
struct TenantId : Guid {};
// Of an account or a group.
struct ObjectId : Guid {};
// Of a primary refresh token.
struct PrtId : Guid {};

}  // namespace ferryman::directory
