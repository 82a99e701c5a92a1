#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/guid.h"
#include "webauthn/fault.h"

namespace ferryman::webauthn {

inline constexpr std::size_t max_credential_id = 1023, rp_id_hash_size = 32;  // octets

// A credential that was just made (WebAuthn Level 2, 6.5.1). Views.
struct AttestedCredential {
  Guid aaguid;  // the authenticator's make and model; zeros where it does not tell
  Bytes id{};
  Bytes public_key{};  // a COSE_Key
};

// What an authenticator says of itself and of a ceremony (WebAuthn Level 2, 6.1). Views.
struct AuthenticatorData {
  Bytes rp_id_hash{};  // SHA-256
  bool user_present = false, user_verified = false;
  std::uint32_t sign_count = 0;
  std::optional<AttestedCredential> credential{};

  // Its extensions are read over. Fault malformed.
  static Outcome<AuthenticatorData> parse(Bytes octets);
};

}  // namespace ferryman::webauthn
