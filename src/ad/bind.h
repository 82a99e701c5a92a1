#pragma once

#include <optional>

#include "ad/connection.h"

namespace ferryman::ad {

// Sets the connection up, protected as the endpoint says, and binds. Nothing: it is done.
std::optional<Failure> bind(ldap* handle, const Endpoint& endpoint);

}  // namespace ferryman::ad
