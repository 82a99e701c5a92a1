#pragma once

#include "attestation/public_area.h"
#include "pki/public_key.h"

namespace ferryman::attestation {

// A key that speaks for its TPM: restricted, so that it signs nothing that only looks like the TPM's word,
// and fixed to the TPM that made it. Which TPM that is, shows who can find out what make_credential() hides
// for it. Faults: malformed, attester.
Outcome<PublicArea> parse_attester(Bytes public_area);

// What a TPM says of a user's key (TPM2_Certify).
struct Certified {
  Bytes public_area;  // TPMT_PUBLIC of the key
  Bytes info;         // TPMS_ATTEST
  Bytes signature;    // TPMT_SIGNATURE
};
// That it is this key, of whom the attester's TPM has made it itself, that it never leaves, and that wrong
// PINs lock. challenge: the qualifying data. Faults: all but those of endorsements and attesters.
Outcome<void> verify_certified(const Certified& certified, const PublicArea& attester, Bytes challenge,
                               const pki::PublicKey& key);

}  // namespace ferryman::attestation
