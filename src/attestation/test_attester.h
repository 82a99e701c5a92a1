#pragma once

#include <openssl/ecdsa.h>
#include <tss2/tss2_mu.h>

#include <algorithm>
#include <array>

#include "attestation/certified_key.h"
#include "base/owned.h"
#include "pki/private_key.h"

// What a TPM would say, of which a test can choose each word: in software, so that it can lie.
namespace ferryman::attestation {

template <typename T, typename Write>
Octets marshalled(const T& part, Write* write) {
  Octets octets(sizeof part);
  std::size_t size = 0;
  if (write(&part, octets.data(), octets.size(), &size) != TSS2_RC_SUCCESS) return {};
  octets.resize(size);
  return octets;
}

template <typename Sized>
void put(Sized& part, Bytes octets) {
  part.size = static_cast<UINT16>(octets.size());
  std::ranges::copy(octets, part.buffer);
}

struct TestAttester {
  static constexpr TPMA_OBJECT good_attester =
      TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
      TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT;
  static constexpr TPMA_OBJECT good_key = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                          TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                                          TPMA_OBJECT_SIGN_ENCRYPT;

  pki::PrivateKey key = pki::PrivateKey::generate_p256(), user = pki::PrivateKey::generate_p256();
  TPMA_OBJECT attester_attributes = good_attester, key_attributes = good_key;
  TPM2_GENERATED magic = TPM2_GENERATED_VALUE;
  TPMI_ST_ATTEST type = TPM2_ST_ATTEST_CERTIFY;
  TPMI_ALG_HASH name_algorithm = TPM2_ALG_SHA256;

  bool has_policy = false;  // of the key

  Octets area(const pki::PublicKey& of, TPMA_OBJECT attributes) const {
    TPMT_PUBLIC area{};
    area.type = TPM2_ALG_ECC;
    area.nameAlg = name_algorithm;
    area.objectAttributes = attributes;
    if (has_policy && attributes == key_attributes) put(area.authPolicy, Octets(32, 1));
    TPMS_ECC_PARMS& parameters = area.parameters.eccDetail;
    parameters.symmetric.algorithm = TPM2_ALG_NULL;
    parameters.scheme.scheme = TPM2_ALG_ECDSA;
    parameters.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
    parameters.curveID = TPM2_ECC_NIST_P256;
    parameters.kdf.scheme = TPM2_ALG_NULL;
    put(area.unique.ecc.x, of.x());
    put(area.unique.ecc.y, of.y());
    return marshalled(area, Tss2_MU_TPMT_PUBLIC_Marshal);
  }
  Octets attester_area() const { return area(key.public_key(), attester_attributes); }
  Octets key_area() const { return area(user.public_key(), key_attributes); }

  Octets info(Bytes challenge, Bytes name) const {
    TPMS_ATTEST info{};
    info.magic = magic;
    info.type = type;
    put(info.extraData, challenge);
    TPM2B_NAME& certified = info.attested.certify.name;
    certified.size = static_cast<UINT16>(name.size());
    std::ranges::copy(name, certified.name);
    return marshalled(info, Tss2_MU_TPMS_ATTEST_Marshal);
  }

  Octets signature(Bytes message) const {
    const Octets der = pki::sign(key, message);
    const unsigned char* at = der.data();
    const Owned<ECDSA_SIG, ECDSA_SIG_free> both(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    TPMT_SIGNATURE signature{};
    signature.sigAlg = TPM2_ALG_ECDSA;
    signature.signature.ecdsa.hash = TPM2_ALG_SHA256;
    std::array<std::uint8_t, 32> number{};
    BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), number.data(), number.size());
    put(signature.signature.ecdsa.signatureR, number);
    BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), number.data(), number.size());
    put(signature.signature.ecdsa.signatureS, number);
    return marshalled(signature, Tss2_MU_TPMT_SIGNATURE_Marshal);
  }
};

}  // namespace ferryman::attestation
