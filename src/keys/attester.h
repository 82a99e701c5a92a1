#pragma once

#include <vector>

#include "base/bytes.h"
#include "keys/key_error.h"

namespace ferryman::keys {

// What tells others that keys are in a TPM of a known maker: the structures of TPM 2.0 part 2, as they stand
// there.
struct Endorsement {
  std::vector<Octets> certificates;  // DER; of the endorsement key, and what leads to its root
  Octets attestation_key;            // TPMT_PUBLIC
};

// What another has hidden for the TPM with that endorsement key, where that attestation key is in it as well.
struct AttestationChallenge {
  Octets credential, secret;  // TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET, without their sizes
  Octets qualifying;          // that the attestation has to be of
};

struct Attestation {
  Octets activated;  // what was hidden
  Octets attestation_key, public_area, certify_info, signature;
};

// A place of keys that can attest them.
class Attester {
 public:
  Attester() = default;
  Attester(const Attester&) = delete;
  Attester& operator=(const Attester&) = delete;
  virtual ~Attester() = default;

  // Fault not_reachable where its maker gave it no certificate, or none for a key of RSA.
  virtual Outcome<Endorsement> endorsement() = 0;
  // key, pin: as of KeyStore::sign().
  virtual Outcome<Attestation> attest(Bytes key, Bytes pin, const AttestationChallenge& challenge) = 0;
};

}  // namespace ferryman::keys
