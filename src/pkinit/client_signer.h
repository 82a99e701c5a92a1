#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "pki/public_key.h"

namespace ferryman::pkinit {

// What a client signs with whose private key is elsewhere: in a TPM, on a token.
struct ClientSigner {
  const pki::PublicKey& key;
  // Over a SHA-256 digest: by RSA with PKCS #1 v1.5, or by ECDSA in DER (RFC 3279 2.2.3). Nothing where there
  // is no signature; why, whoever made the function knows.
  std::function<std::optional<Octets>(Bytes digest)> sign;
};

// A certificate of the key that signs itself, for a day before and after now (seconds since 1970), as key
// trust takes it ([MS-PKCA] 3.1.5.1): nobody but who knows the key believes it. DER.
std::optional<Octets> self_signed_certificate(const ClientSigner& signer, std::int64_t now);

// The SignedData of id-pkinit-authData (RFC 4556 3.2.1) with the content and the certificate in it, which is
// one that self_signed_certificate() gave.
std::optional<Octets> sign_auth_pack(const ClientSigner& signer, Bytes certificate, Bytes content);

}  // namespace ferryman::pkinit
