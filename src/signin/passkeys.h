#pragma once

#include <optional>
#include <string_view>

#include "json/parse.h"
#include "signin/realm.h"

// FIDO keys: registering one for a user, and an assertion that shows one (WebAuthn Level 2). The challenge is
// a nonce, whose text is the challenge in base64url; it is used up here. Who calls has made sure that the
// user has shown who she is just now, where she registers a key.
namespace ferryman::signin {

// The options of navigator.credentials.create() and get(), `publicKey` itself, with octets in base64url
// without padding.
Step<json::Json> passkey_creation_options(const Realm& realm, const directory::Tenant& tenant,
                                          const directory::Account& user);
// user: whose keys are listed, which tells everybody whom it is shown to that she has them; none: an
// authenticator has to find one by itself.
Step<json::Json> passkey_request_options(const Realm& realm, const directory::Tenant& tenant,
                                         const std::optional<directory::ObjectId>& user);

// credential: an object with `clientDataJSON` and `attestationObject` in base64url and, where the key has a
// name for people, `displayName`. request: the octets that the client sent, which may come again.
Step<directory::KeyCredential> register_passkey(const Realm& realm, const directory::Tenant& tenant,
                                                const directory::Account& user, const json::Json& credential,
                                                std::string_view request);

// assertion: an object with `id`, `clientDataJSON`, `authenticatorData`, `signature` and maybe `userHandle`,
// as Entra's clients send it, in base64url. The user may log on.
struct ShownPasskey {
  directory::Principal user;
  directory::KeyId key;
};
Step<ShownPasskey> verify_passkey(const Realm& realm, const directory::Tenant& tenant,
                                  const json::Json& assertion, std::string_view request);

}  // namespace ferryman::signin
