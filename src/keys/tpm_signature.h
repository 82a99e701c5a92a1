#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "base/bytes.h"

namespace ferryman::keys {

// A TPM's signature, RSASSA or ECDSA on P-256, as JOSE has it: numbers of a fixed size (RFC 7518 3.3, 3.4). A
// TPM may leave zeros in front of one out.
Octets jose_signature(const TPMT_SIGNATURE& signature);

}  // namespace ferryman::keys
