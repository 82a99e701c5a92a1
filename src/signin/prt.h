#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jose/jws.h"
#include "signin/prt_answer.h"
#include "signin/tokens.h"

// Primary refresh tokens: what is given for one, and by one ([MS-OAPXBC] 3.2.5.1).
namespace ferryman::signin {

// A request that a client has signed: `request` of a token request's body.
struct SignedRequest {
  std::string_view path_tenant;
  std::string_view text;  // of the JWT, which is the same where the request comes again
  const jose::Jws& jws;   // of it, not verified
  bool wants_ticket = false;
};

// By a device's key: a new PRT for a user who has shown a key, a password or a refresh token.
Answer grant_prt(const Realm& realm, const SignedRequest& request);
// By a session key: its PRT again for another lifetime, or a token for something else.
Answer use_prt(const Realm& realm, const SignedRequest& request);

// The parts that both have.

// By its id: refused where it is revoked, has expired, or its device is disabled.
Step<directory::Prt> find_prt(const Realm& realm, const directory::Tenant& tenant,
                              const directory::PrtId& id);
// That a session key has signed the request, in time.
Step<void> verify_session_signature(const Realm& realm, const jose::Jws& jws, Bytes session_key);
// That the device which the request's certificate names has signed it.
Step<directory::Device> verify_device(const Realm& realm, const directory::Tenant& tenant,
                                      const TenantKeys& keys, const jose::Jws& jws);

// The nonce that stands in the claims, of that tenant or of every one, as it is to be used.
Step<directory::NonceUse> nonce_of(const Realm& realm, const directory::Tenant& tenant,
                                   const SignedRequest& request, const json::Json& claims);
// A claim that is a text; empty where it is none.
const std::string& claim(const json::Json& claims, const char* name);
// What both answer with, but for the PRT, its session key and a ticket.
PrtAnswer answer_for(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                     const SignedRequest& request);
std::int64_t prt_seconds(const Realm& realm);  // how long one is good
// A failure of what uses nonces.
Answer not_used(const directory::Failure& failure);
// tgt_cloud, where one is wanted.
std::string cloud_ticket_text(const Realm& realm, const directory::Tenant& tenant,
                              const directory::Principal& user, const directory::PrtId& prt,
                              Bytes session_key);
// tgt_ad likewise: empty where the user is of no linked domain.
std::string partial_ticket_text(const Realm& realm, const directory::Tenant& tenant,
                                const directory::Principal& user, directory::Gesture gesture,
                                Bytes session_key);

}  // namespace ferryman::signin
