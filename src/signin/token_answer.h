#pragma once

#include <string>
#include <string_view>

#include "signin/tokens.h"

namespace ferryman::signin {

struct TokenRequest {
  std::string client_id, resource, scope;
  std::string refresh_token{};  // that goes with it
  std::string nonce{};          // of the id token; empty: none
};

// Whom a token is to be for. Entra's clients say it as a resource, or in front of a scope; several names are
// the registration service's, as is none.
std::string resource_of(std::string_view resource, std::string_view scope);

// An access token and what goes with it (RFC 6749 5.1), as JSON in the types that Entra's clients demand. An
// empty refresh token: none goes with it.
Step<std::string> token_answer(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               const TokenRequest& request);
// The same as the answer to a request. An empty refresh token: it gets one.
Answer answer_with_tokens(const Realm& realm, const Subject& subject, TokenRequest request);
Answer answer_without_refresh_token(const Realm& realm, const Subject& subject, const TokenRequest& request);

}  // namespace ferryman::signin
