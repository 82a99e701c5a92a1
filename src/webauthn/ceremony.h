#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/guid.h"
#include "webauthn/attestation.h"
#include "webauthn/cose_key.h"
#include "webauthn/fault.h"

// What comes back of a registration and of an assertion, verified as WebAuthn Level 2, 7.1 and 7.2 demand.
// The user has to be verified in each. No clock; the signature counter is for whoever keeps the last one.
namespace ferryman::webauthn {

// Octets of what is read; longer is malformed.
inline constexpr std::size_t max_client_data = 4096, max_attestation_object = 8192,
                             max_authenticator_data = 2048, max_signature = 1024;

struct RelyingParty {
  std::string id;                    // "gateway.example.com"
  std::vector<std::string> origins;  // "https://gateway.example.com", ...; compared octet by octet
};

// Whether a challenge, in base64url, is one that was given for this ceremony.
using IsChallenge = std::function<bool(std::string_view)>;

struct Registration {
  Bytes client_data{}, attestation_object{};
};
struct Registered {
  Octets credential_id;
  Guid aaguid;
  std::uint32_t sign_count = 0;
  Attested attested = Attested::by_nobody;
  std::string challenge;
};
// needed: roots that an attestation has to be there of; null where none is required. All faults but
// wrong_credential.
Outcome<Registered> verify_registration(const RelyingParty& rp, const Registration& registration,
                                        const IsChallenge& is_challenge, const pki::AttestationRoots* needed,
                                        std::int64_t now);

// What is needed of a credential for its assertions, of the attestation object that it was registered with.
struct Credential {
  Octets id;
  CoseKey key;

  // Faults: malformed, no_credential, algorithm, key.
  static Outcome<Credential> parse(Bytes attestation_object);
};

struct Assertion {
  Bytes credential_id{}, client_data{}, authenticator_data{}, signature{};
};
struct Asserted {
  std::uint32_t sign_count = 0;
  std::string challenge;
};
Outcome<Asserted> verify_assertion(const RelyingParty& rp, const Credential& credential,
                                   const Assertion& assertion, const IsChallenge& is_challenge);

}  // namespace ferryman::webauthn
