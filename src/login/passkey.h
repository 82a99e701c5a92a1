#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "json/parse.h"
#include "keys/security_key.h"
#include "login/failure.h"
#include "login/signed_claims.h"

// A user's key that is in a FIDO2 security key (WebAuthn Level 2), as the client's side of both ceremonies.
namespace ferryman::login {

// What is kept of one, in place of a key.
struct Passkey {
  std::string rp_id;
  Octets id;

  Secret kept() const;
  // Fault failed for what is none.
  static Outcome<Passkey> of_kept(Bytes kept);
};

// The options that a tenant gives for a new one.
struct PasskeyOptions {
  std::string challenge{}, rp_id{}, rp_name{}, user_name{}, user_display_name{};
  Octets user_handle{};
  std::vector<Octets> registered{};  // the user's credentials
};
// Fault refused.
Outcome<PasskeyOptions> parse_passkey_options(Bytes body);

// That of the user's credentials which the security key has already, or a new one with what is to be
// registered of it. origin: "https://gateway.example.com", as the user enrols there: as a browser would, it
// refuses a relying party that the origin's host is not in. Faults: pin, refused, failed.
struct NewPasskey {
  Passkey passkey;
  std::optional<json::Json> registration{};
};
Outcome<NewPasskey> make_passkey(keys::SecurityKey& key, const PasskeyOptions& options,
                                 const std::string& origin, Bytes pin);

// pin: has to outlive it, as key and passkey have to.
ShowKey by_passkey(keys::SecurityKey& key, const Passkey& passkey, std::string origin, std::string upn,
                   Bytes pin);

}  // namespace ferryman::login
