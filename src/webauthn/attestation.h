#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "pki/attestation_roots.h"
#include "webauthn/authenticator_data.h"
#include "webauthn/cose_key.h"
#include "webauthn/fault.h"

namespace ferryman::webauthn {

// What an authenticator gives for a new credential (WebAuthn Level 2, 6.5.4). Views, but for the list.
struct AttestationObject {
  // The statement's members (8.2, 8.6), as far as they are there.
  struct Statement {
    std::optional<std::int64_t> algorithm{};
    std::optional<Bytes> signature{};
    std::vector<Bytes> certificates{};  // x5c: the leaf first
    bool has_others = false;
  };
  static constexpr std::size_t max_certificates = 4;

  std::string_view format{};
  Statement statement{};
  Bytes authenticator_data{};

  // Fault malformed.
  static Outcome<AttestationObject> parse(Bytes cbor);
};

// Whose word it is that the credential is in an authenticator of that make.
enum class Attested : std::uint8_t {
  by_nobody,  // format none
  by_itself,  // by the credential's own key
  by_maker,   // by a key that the maker's certificate is for
};

// Whether the statement is good as its format demands: packed (8.2), fido-u2f (8.6) or none (8.7). What else
// there is is for the ceremony to look at. roots: that a maker's certificate has to lead to; null: to
// whichever. Faults: attestation_format, attestation, algorithm, signature, attestation_root.
Outcome<Attested> verify_statement(const AttestationObject& object, const AuthenticatorData& data,
                                   const CoseKey& key, Bytes client_data_hash,
                                   const pki::AttestationRoots* roots, std::int64_t now);

}  // namespace ferryman::webauthn
