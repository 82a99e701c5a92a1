#pragma once

#include <cstdint>
#include <span>

#include "attestation/fault.h"
#include "base/bytes.h"
#include "pki/attestation_roots.h"
#include "pki/public_key.h"

// The key that a TPM's maker has put into it (TCG EK Credential Profile), which tells TPMs from what only
// says that it is one.
namespace ferryman::attestation {

// Of the certificate in front; those behind lead to a root. Faults: endorsement, endorsement_root.
Outcome<pki::PublicKey> endorsement_key(std::span<const Bytes> certificates,
                                        const pki::AttestationRoots& roots, std::int64_t now);

// A secret that only the TPM with this endorsement key finds out, and only if the key with that name is in it
// as well: TPM2_MakeCredential (TPM 2.0 part 1, 24), as the endorsement key's default template has it.
struct Credential {
  Octets blob;    // TPM2B_ID_OBJECT without its size
  Octets secret;  // TPM2B_ENCRYPTED_SECRET without its size
};
inline constexpr std::size_t max_credential = 32;  // octets of what is hidden
Credential make_credential(const pki::PublicKey& endorsement_key, Bytes name, Bytes hidden);

}  // namespace ferryman::attestation
