#pragma once

#include "json/parse.h"
#include "pki/public_key.h"
#include "signin/tokens.h"

// That a user's key is in a TPM, made there, and does not leave it: by a maker of TPMs whom the administrator
// trusts (`attestation_roots`). First the TPM shows that an attestation key is in it, then that key signs
// what the user's is.
namespace ferryman::signin {

// request: {"ek_certificates": [DER, ...], "aik": TPMT_PUBLIC}, each in base64. The answer has what
// TPM2_ActivateCredential takes, `credential` and `secret`, and a `challenge` that comes back.
Answer challenge_attester(const Realm& realm, const Access& access, const local::HttpRequest& request);

// attestation: {"challenge", "activated": what the TPM found out, "aik", "public": TPMT_PUBLIC,
// "certify_info": TPMS_ATTEST, "signature": TPMT_SIGNATURE}, in base64 but for the challenge, whose SHA-256
// is the qualifying data.
Step<void> verify_attestation(const Realm& realm, const Access& access, const json::Json& attestation,
                              const pki::PublicKey& key);

// Whether a registered key was.
bool is_attested(const directory::KeyCredential& key);

}  // namespace ferryman::signin
