#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "keys/key_store.h"

namespace ferryman::keys {

// Public areas of the keys that are made in a TPM.

// The parent of all: the storage root key on P-256 of the TCG's provisioning guidance, made anew from the
// owner hierarchy's seed each time, so that nothing of ours stays in the TPM. tpm2-openssl and systemd make
// the same one.
TPM2B_PUBLIC storage_root_template();

// Neither leaves this TPM or this parent (fixedTPM, fixedParent), the TPM made it itself. With a PIN every
// wrong try counts in the TPM's dictionary-attack protection; a key without one is exempt (noDA), so that
// wrong PINs do not lock it as well.
TPM2B_PUBLIC key_template(KeyUse use, bool has_pin);

// Of octets that are sealed; no PIN.
TPM2B_PUBLIC sealed_template();

// Primary keys of the endorsement hierarchy: the one that a TPM's maker has certified (TCG EK Credential
// Profile, template L-1), and one that signs what the TPM says.
TPM2B_PUBLIC endorsement_template();
TPM2B_PUBLIC attestation_template();

}  // namespace ferryman::keys
