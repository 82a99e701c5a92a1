#pragma once

#include "signin/sealed_sign_in.h"

// How a client signs in who asks for a page and has a PRT ([MS-OAPXBCE] 2.2.1): the fields
// x-ms-RefreshTokenCredential, a JWT by the session key, and x-ms-DeviceCredential, one by the device's key.
namespace ferryman::signin {

// Both are there: a browser whose user has another way in sends one alone.
bool has_credential_fields(const local::HttpRequest& request);

struct PrtHolder {
  directory::Tenant tenant;
  directory::Principal user;
  directory::Prt prt;
  Subject subject() const { return {tenant, user.account, {prt.gesture, prt.strong_until}, &prt}; }
};
// Both must be good, of one nonce or two that are, and of the device that the PRT is bound to. The same two
// again are taken again while the nonces are.
Step<PrtHolder> verify_credential_fields(const Realm& realm, const local::HttpRequest& request,
                                         std::string_view path_tenant);

}  // namespace ferryman::signin
