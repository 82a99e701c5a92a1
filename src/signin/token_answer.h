#pragma once

#include <string>

#include "signin/tokens.h"

namespace ferryman::signin {

struct TokenRequest {
  std::string client_id, resource, scope;
  std::string refresh_token{};  // that goes with it; empty: none
};

// An access token and what goes with it (RFC 6749 5.1), as JSON in the types that Entra's clients demand.
Step<std::string> token_answer(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               const TokenRequest& request);

}  // namespace ferryman::signin
