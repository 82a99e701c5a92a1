#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "login/failure.h"
#include "login/https_client.h"
#include "pki/certificate.h"

// What a sign-in service answers. Each function reads the body of an answer with status 200, believes no more
// of it than it checks, and gives Fault::refused for what is no such answer.
namespace ferryman::login {

// Of a tenant's openid-configuration.
struct Endpoints {
  std::string token;      // URLs
  std::string kerberos;   // the KDC proxy's
  std::string tenant_id;  // a GUID
};
Outcome<Endpoints> parse_configuration(Bytes body);

// One of the registration's services, as Discover names it.
struct Service {
  std::string url;       // with the api-version that it wants
  std::string resource;  // what an access token for it is for
};
struct Registration {
  std::string join_endpoint, join_version;  // a device's own path is behind it
  Service join, key;
  std::optional<Service> attestation{};  // where a TPM's word about a key is taken
  std::string tenant_name;

  std::string device_url(const std::string& device_id) const;
};
Outcome<Registration> parse_discovery(Bytes body);

Outcome<Secret> parse_nonce(Bytes body);

// Who signs in, by what the server says to whom it has proven its certificate: no signature is looked at.
struct Person {
  std::string id, tenant_id;  // GUIDs
  std::string upn;            // "alice@example.com"
  std::string name;           // for people; may be empty
};

struct TokenAnswer {
  Secret access_token;
  std::optional<Secret> refresh_token;
};
Outcome<TokenAnswer> parse_token_answer(Bytes body);

struct PrtAnswer {
  Secret prt;
  std::chrono::seconds lifetime{};
  std::string session_key;  // a JWE for the transport key; empty in a renewal
  Person person;
  std::optional<Secret> cloud_ticket;        // as login/cloud_ticket.h reads it
  std::optional<Secret> on_premises_ticket;  // the same: a partial one of an Active Directory
  std::vector<std::string> top_level_names;
};
Outcome<PrtAnswer> parse_prt_answer(Bytes body);

struct JoinAnswer {
  std::string device_id;  // a GUID
  pki::Certificate certificate;
};
Outcome<JoinAnswer> parse_join_answer(Bytes body);

}  // namespace ferryman::login
