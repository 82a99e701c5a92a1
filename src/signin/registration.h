#pragma once

#include "signin/realm.h"

// The registration service: where it is, devices that join and leave, and users' keys ([MS-DVRJ], [MS-KPP]).
namespace ferryman::signin {

Answer discover(const Realm& realm, std::string_view path_tenant);
// Who asks is told by an access token.
Answer join_device(const Realm& realm, const local::HttpRequest& request);
Answer register_key(const Realm& realm, const local::HttpRequest& request);
// A key that a TPM is to attest: what its attestation begins with.
Answer attestation_challenge(const Realm& realm, const local::HttpRequest& request);
// A FIDO key: what its authenticator is to be asked, and what it says.
Answer passkey_options(const Realm& realm, const local::HttpRequest& request);
Answer register_passkey(const Realm& realm, const local::HttpRequest& request);
// id: what the path has behind the endpoint's. Who asks is told by the device's certificate or by an access
// token that is bound to the device.
Answer leave(const Realm& realm, const local::HttpRequest& request, std::string_view id);

}  // namespace ferryman::signin
