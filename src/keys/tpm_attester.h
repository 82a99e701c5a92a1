#pragma once

#include <functional>

#include "keys/attester.h"
#include "keys/tpm.h"

namespace ferryman::keys {

// A TPM's word about what is in it, by an attestation key that the TPM makes anew each time from the seed of
// its endorsement hierarchy, which must have no password.
Outcome<Endorsement> endorsement_of(const Tpm& tpm);

// Finds out what was hidden, and lets the TPM say what the key is that load() gives: only then, since a TPM
// has room for three or so. session: in which the key's PIN is proved.
struct LoadedKey {
  TpmHandle key, session;
};
Outcome<Attestation> attest_key(const Tpm& tpm, const AttestationChallenge& challenge,
                                const std::function<Outcome<LoadedKey>()>& load);

}  // namespace ferryman::keys
