#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman::attestation {

// Why a TPM's word about a key is not taken.
enum class Fault : std::uint8_t {
  malformed,           // no structure of a TPM, or none that is taken here
  endorsement,         // not the certificate of an endorsement key of RSA
  endorsement_root,    // it leads to none of the roots
  attester,            // the attestation key is not bound to its TPM, or signs what it is told from outside
  signature,           // was not made with the attestation key
  not_certified,       // something else than that a key is in the TPM, or not by a TPM
  wrong_challenge,     // said for another challenge than was given here
  other_key,           // said of another key than is registered
  key_can_leave,       // neither fixedTPM nor fixedParent: the key can be moved or copied
  key_from_elsewhere,  // the TPM did not make it itself
  no_lockout,          // noDA, or a policy instead of a PIN: it may be guessed
};

// As it stands in logs, in words.
std::string_view name(Fault fault);

template <typename T>
using Outcome = tl::expected<T, Fault>;

inline tl::unexpected<Fault> fail(Fault fault) {
  return tl::unexpected(fault);
}

}  // namespace ferryman::attestation
