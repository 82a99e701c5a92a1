#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman::webauthn {

// Why a registration or an assertion is refused.
enum class Fault : std::uint8_t {
  malformed,            // no CBOR or JSON of this form, or longer than anything here is
  wrong_type,           // made in another ceremony: `type` of the client data
  wrong_challenge,      // over another challenge than was given here
  wrong_origin,         // made at another origin, or inside a page of another
  wrong_rp,             // for another relying party id
  no_user_present,      // the flag UP is not set
  no_user_verified,     // the flag UV is not set: neither PIN nor finger
  no_credential,        // a registration without one
  wrong_credential,     // an assertion by another credential than it names
  algorithm,            // none of ES256, RS256 and EdDSA, or another than the key's
  key,                  // no public key, or one of a type or size that is not taken
  signature,            // was not made with this key
  attestation_format,   // none of packed, fido-u2f and none
  attestation,          // a statement, or a certificate in it, that is not as its format demands
  attestation_missing,  // one is required, and there is none by the maker's key
  attestation_root,     // its certificate leads to none of the roots
};

// As it stands in logs, in words.
std::string_view name(Fault fault);

template <typename T>
using Outcome = tl::expected<T, Fault>;

inline tl::unexpected<Fault> fail(Fault fault) {
  return tl::unexpected(fault);
}

}  // namespace ferryman::webauthn
