#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "login/answers.h"
#include "login/failure.h"
#include "login/https_client.h"
#include "login/signed_claims.h"

namespace ferryman::login {

// A primary refresh token and its session key: whoever has both is the user, on her device, until they end.
struct Session {
  Secret prt, key;

  Session copy() const { return {prt.copy(), key.copy()}; }
};

// What signing in or renewing that gives.
struct SignIn {
  Session session;
  std::chrono::seconds lifetime{};
  Person person;
  std::optional<Secret> cloud_ticket, on_premises_ticket;  // as PrtAnswer has them
  std::vector<std::string> top_level_names;
};

// A tenant's token endpoint, asked in Entra's shapes. Faults of all calls: refused, not_reachable; of those
// that use a key, also pin and failed.
class TokenClient {
 public:
  // Asks the tenant's openid-configuration. url: "https://gateway.example.com"; https: must outlive it.
  static Outcome<TokenClient> discover(HttpsClient& https, const std::string& url, const std::string& tenant);

  const Endpoints& endpoints() const { return endpoints_; }

  // With a key of the user's in a store. now: seconds since 1970. user: has to outlive it.
  ShowKey by_stored_key(const UserKey& user, const std::string& upn, std::int64_t now) const;

  // With a password or an enrolment code. resource: what the access token is to be for.
  Outcome<TokenAnswer> by_password(std::string_view user, Bytes password, std::string_view resource);
  // For a device that has just joined.
  Outcome<SignIn> by_refresh_token(const Device& device, Bytes refresh_token);
  Outcome<SignIn> by_key(const Device& device, const ShowKey& show);
  // The session key stays. now: seconds since 1970.
  Outcome<SignIn> renew(const Session& session, std::int64_t now);
  Outcome<Secret> access_token(const Session& session, std::string_view resource, std::int64_t now);

 private:
  TokenClient(HttpsClient& https, Endpoints endpoints) : https_(&https), endpoints_(std::move(endpoints)) {}

  Outcome<Secret> nonce();
  Outcome<Secret> post(Bytes form, std::string_view asked);
  Outcome<SignIn> by_device(const Device& device, json::Json claims);
  // Claims that the session key signs, and what its answer decrypts to.
  Outcome<Secret> by_session(const Session& session, json::Json claims, std::int64_t now,
                             std::string_view asked);

  HttpsClient* https_;
  Endpoints endpoints_;
};

}  // namespace ferryman::login
