#include "keys/tpm_templates.h"

#include <algorithm>
#include <array>

namespace ferryman::keys {
namespace {

constexpr UINT16 rsa_bits = 2048;
constexpr TPMA_OBJECT never_leaves =
    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH;

TPM2B_PUBLIC public_area(TPMI_ALG_PUBLIC type, TPMA_OBJECT attributes) {
  TPM2B_PUBLIC made{};
  made.publicArea.type = type;
  made.publicArea.nameAlg = TPM2_ALG_SHA256;
  made.publicArea.objectAttributes = never_leaves | attributes;
  return made;
}

TPM2B_PUBLIC rsa(TPMA_OBJECT attributes) {
  TPM2B_PUBLIC made = public_area(TPM2_ALG_RSA, attributes);
  TPMS_RSA_PARMS& parameters = made.publicArea.parameters.rsaDetail;
  parameters.symmetric.algorithm = TPM2_ALG_NULL;
  parameters.scheme.scheme = TPM2_ALG_NULL;
  parameters.keyBits = rsa_bits;
  return made;
}

TPM2B_PUBLIC p256(TPMA_OBJECT attributes) {
  TPM2B_PUBLIC made = public_area(TPM2_ALG_ECC, attributes);
  TPMS_ECC_PARMS& parameters = made.publicArea.parameters.eccDetail;
  parameters.symmetric.algorithm = TPM2_ALG_NULL;
  parameters.scheme.scheme = TPM2_ALG_NULL;
  parameters.kdf.scheme = TPM2_ALG_NULL;
  parameters.curveID = TPM2_ECC_NIST_P256;
  return made;
}

}  // namespace

TPM2B_PUBLIC storage_root_template() {
  TPM2B_PUBLIC made =
      p256(TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT);
  TPMT_SYM_DEF_OBJECT& symmetric = made.publicArea.parameters.eccDetail.symmetric;
  symmetric.algorithm = TPM2_ALG_AES;
  symmetric.keyBits.aes = 128;
  symmetric.mode.aes = TPM2_ALG_CFB;
  return made;
}

TPM2B_PUBLIC key_template(KeyUse use, bool has_pin) {
  const TPMA_OBJECT made_here = TPMA_OBJECT_SENSITIVEDATAORIGIN | (has_pin ? 0 : TPMA_OBJECT_NODA);
  switch (use) {
    case KeyUse::sign_rsa: {
      TPM2B_PUBLIC made = rsa(made_here | TPMA_OBJECT_SIGN_ENCRYPT);
      TPMT_RSA_SCHEME& scheme = made.publicArea.parameters.rsaDetail.scheme;
      scheme.scheme = TPM2_ALG_RSASSA;
      scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
      return made;
    }
    case KeyUse::sign_p256: {
      TPM2B_PUBLIC made = p256(made_here | TPMA_OBJECT_SIGN_ENCRYPT);
      TPMT_ECC_SCHEME& scheme = made.publicArea.parameters.eccDetail.scheme;
      scheme.scheme = TPM2_ALG_ECDSA;
      scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
      return made;
    }
    case KeyUse::decrypt_rsa:
      break;
  }
  TPM2B_PUBLIC made = rsa(made_here | TPMA_OBJECT_DECRYPT);
  TPMT_RSA_SCHEME& scheme = made.publicArea.parameters.rsaDetail.scheme;
  scheme.scheme = TPM2_ALG_OAEP;
  scheme.details.oaep.hashAlg = TPM2_ALG_SHA1;
  return made;
}

TPM2B_PUBLIC sealed_template() {
  TPM2B_PUBLIC made = public_area(TPM2_ALG_KEYEDHASH, TPMA_OBJECT_NODA);
  made.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  return made;
}

TPM2B_PUBLIC endorsement_template() {
  // PolicySecret of the endorsement hierarchy.
  constexpr std::array<std::uint8_t, 32> policy{
      0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
      0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};
  TPM2B_PUBLIC made = rsa(TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY |
                          TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT);
  made.publicArea.objectAttributes &= ~TPMA_OBJECT_USERWITHAUTH;
  made.publicArea.authPolicy.size = policy.size();
  std::ranges::copy(policy, made.publicArea.authPolicy.buffer);
  TPMT_SYM_DEF_OBJECT& symmetric = made.publicArea.parameters.rsaDetail.symmetric;
  symmetric.algorithm = TPM2_ALG_AES;
  symmetric.keyBits.aes = 128;
  symmetric.mode.aes = TPM2_ALG_CFB;
  made.publicArea.unique.rsa.size = rsa_bits / 8;  // zeros
  return made;
}

TPM2B_PUBLIC attestation_template() {
  TPM2B_PUBLIC made = p256(TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |
                           TPMA_OBJECT_SIGN_ENCRYPT);
  TPMT_ECC_SCHEME& scheme = made.publicArea.parameters.eccDetail.scheme;
  scheme.scheme = TPM2_ALG_ECDSA;
  scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
  return made;
}

}  // namespace ferryman::keys
