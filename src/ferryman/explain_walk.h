#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "client/options.h"
#include "explain/principal.h"
#include "explain/step.h"

namespace ferryman {

struct WalkOptions {
  explain::Principal user, service;
  client::Options client;
  std::optional<Secret> password;
  std::string client_keytab;   // of the user; empty: none
  std::string keytab;          // of the service; empty: none
  std::string socket, tenant;  // of ferryman-realm's administration
  std::string server;          // a domain controller; empty: as DNS says
};

// Goes the user's way to the service, step by step, as far as it leads. A wrong password is sent once at
// most. Throws what client::Client's constructor throws; SIGPIPE must be ignored.
explain::Explanation walk(WalkOptions options);

}  // namespace ferryman
