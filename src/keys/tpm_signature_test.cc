#include "keys/tpm_signature.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ferryman::keys {
namespace {

TEST(JoseSignature, FillsNumbersUpInFront) {
  TPMT_SIGNATURE signature{};
  signature.sigAlg = TPM2_ALG_ECDSA;
  TPMS_SIGNATURE_ECC& numbers = signature.signature.ecdsa;
  numbers.signatureR.size = 31;
  std::ranges::fill(numbers.signatureR.buffer, 7);
  numbers.signatureS.size = 32;
  std::ranges::fill(numbers.signatureS.buffer, 8);
  Octets expected(64, 8);
  std::fill_n(expected.begin() + 1, 31, 7);
  expected[0] = 0;
  EXPECT_EQ(jose_signature(signature), expected);
}

TEST(JoseSignature, OfRsaIsAsLongAsTheKey) {
  TPMT_SIGNATURE signature{};
  signature.sigAlg = TPM2_ALG_RSASSA;
  signature.signature.rsassa.sig.size = 255;
  std::ranges::fill(signature.signature.rsassa.sig.buffer, 9);
  const Octets octets = jose_signature(signature);
  ASSERT_EQ(octets.size(), 256U);
  EXPECT_EQ(octets[0], 0);
  EXPECT_EQ(octets[1], 9);
}

}  // namespace
}  // namespace ferryman::keys
