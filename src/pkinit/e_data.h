#pragma once

#include <openssl/types.h>

#include <span>

#include "base/bytes.h"

namespace ferryman::pkinit {

// The e-data of PKINIT's errors: a TYPED-DATA (RFC 4120 5.9.1) of one element, in DER.

// TD-DH-PARAMETERS (RFC 4556 3.2.2, RFC 5349): the groups that pkinit/agreement.h takes, the best first.
const Octets& accepted_groups();
// TD-TRUSTED-CERTIFIERS (RFC 4556 3.2.2): at most max_certifiers of them.
inline constexpr std::size_t max_certifiers = 16;
Octets trusted_certifiers(std::span<X509* const> certificates);
// TD-INVALID-CERTIFICATES (RFC 4556 3.2.2).
Octets invalid_certificate(X509* certificate);
// TD-CMS-DIGEST-ALGORITHMS and TD-CERT-DIGEST-ALGORITHMS (RFC 8636 4 and 5): SHA-256, SHA-384 and SHA-512.
const Octets& accepted_signed_data_digests();
const Octets& accepted_certificate_digests();

}  // namespace ferryman::pkinit
