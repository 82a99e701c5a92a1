#pragma once

#include "ferryman/client_options.h"

namespace ferryman {

// `ferryman forward --signed-in`: a KDC at a port of 127.0.0.1 for the realms that its user is signed in to,
// by the gateways that she has signed in at and no others. It serves that user alone where the kernel tells
// who asks, writes the krb5.conf that leads programs to it, and ends when nobody is signed in any more.
// Returns the exit code.
int forward_signed_in(const ClientOptions& client, bool quiet);

}  // namespace ferryman
