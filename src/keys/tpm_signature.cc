#include "keys/tpm_signature.h"

#include <algorithm>

#include "pki/public_key.h"

namespace ferryman::keys {
namespace {

void append(Octets& out, std::size_t size, Bytes number) {
  out.resize(out.size() + size - std::min(size, number.size()));
  out.insert(out.end(), number.begin(), number.end());
}

}  // namespace

Octets jose_signature(const TPMT_SIGNATURE& signature) {
  Octets out;
  if (signature.sigAlg == TPM2_ALG_RSASSA) {
    const TPM2B_PUBLIC_KEY_RSA& number = signature.signature.rsassa.sig;
    append(out, pki::PublicKey::min_rsa_bits / 8, {number.buffer, number.size});
    return out;
  }
  for (const TPM2B_ECC_PARAMETER* number :
       {&signature.signature.ecdsa.signatureR, &signature.signature.ecdsa.signatureS})
    append(out, pki::PublicKey::coordinate_size, {number->buffer, number->size});
  return out;
}

}  // namespace ferryman::keys
