#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signin/realm.h"

// The tokens of a sign-in, and what they say.
namespace ferryman::signin {

inline constexpr std::int64_t token_lifetime = 3600;  // of those that are not a PRT; seconds
// Whom tokens for joining devices and registering keys are for, as Entra's clients call it.
inline constexpr std::string_view registration_audience = "urn:ms-drs:enterpriseregistration.windows.net";

// What a user has shown, and until when it counts as just now, so that she may join a device and register a
// key: an hour of a password or a code, which is how an enrolment begins, else ten minutes.
inline constexpr std::int64_t strong_lifetime = token_lifetime, key_strong_lifetime = 600;  // seconds
struct Shown {
  directory::Gesture gesture = directory::Gesture::password;
  std::int64_t strong_until = 0;
  std::optional<directory::KeyId> key{};  // a passkey in a browser; what it has got ends with it
};

// Of whom a token tells.
struct Subject {
  const directory::Tenant& tenant;
  const directory::Account& user;
  Shown shown{};
  // Where it was got by a PRT: it is good as long as that one, and bound to its device.
  const directory::Prt* prt = nullptr;
};

// JWTs, which whoever has the tenant's keys (discovery/keys) can verify.
Step<std::string> access_token(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               std::string_view audience);
// nonce: that the client has asked with; empty: none.
std::string id_token(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                     std::string_view audience, const std::string& nonce = {});
// What the clients decode first: who, and of which tenant.
std::string client_info(const Subject& subject);

// Of the request's Authorization field (RFC 6750 2.1): one for registration_audience that is good, whose user
// may log on. 401 else.
struct Access {
  directory::Tenant tenant;
  directory::Principal user;
  std::optional<directory::DeviceId> device{};
  bool shown_now = false;
};
bool has_bearer(const local::HttpRequest& request);
Step<Access> verify_access(const Realm& realm, const local::HttpRequest& request);

// A token for further tokens, and where it was not got by a PRT for one: good for token_lifetime, since its
// holder has shown a password or a code for that. See sealed_sign_in.h.
Step<std::string> refresh_token(const Realm& realm, const TenantKeys& keys, const Subject& subject);
struct SealedSignIn;
Step<SealedSignIn> open_refresh_token(const Realm& realm, std::string_view path_tenant,
                                      std::string_view text);

// A PRT's text, which holds its id and session key.
std::string prt_text(const TenantKeys& keys, const directory::Tenant& tenant, const directory::PrtId& id,
                     Bytes session_key);
struct OpenedPrt {
  directory::Tenant tenant;
  directory::PrtId id;
  Secret session_key;
};
Step<OpenedPrt> open_prt(const Realm& realm, std::string_view path_tenant, std::string_view text);

}  // namespace ferryman::signin
