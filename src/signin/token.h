#pragma once

#include "signin/realm.h"

namespace ferryman::signin {

// The token endpoint (RFC 6749 3.2), of a tenant or of every one.
Answer answer_token(const Realm& realm, const local::HttpRequest& request, std::string_view path_tenant);

// A nonce under the name that the endpoint's clients know. path_tenant: as nonces are bound to.
Answer answer_nonce(const Realm& realm, const char* member, std::string_view path_tenant);

}  // namespace ferryman::signin
