#include "attestation/certified_key.h"

#include <gtest/gtest.h>

#include "attestation/test_attester.h"

namespace ferryman::attestation {
namespace {

const Bytes challenge = as_bytes("a challenge");

// As a server judges what it is told; empty: it is well.
std::string_view judged(const TestAttester& tpm) {
  const auto attester = parse_attester(tpm.attester_area());
  if (!attester) return name(attester.error());
  const Octets area = tpm.key_area();
  const auto parsed = PublicArea::parse(area);
  if (!parsed) return name(parsed.error());
  const Octets info = tpm.info(challenge, parsed->name), signature = tpm.signature(info);
  const auto verified =
      verify_certified({area, info, signature}, *attester, challenge, tpm.user.public_key());
  return verified ? "" : name(verified.error());
}

TEST(CertifiedKey, IsBelieved) {
  EXPECT_EQ(judged({}), "");
}

TEST(CertifiedKey, EachAttributeOfTheKeyCounts) {
  for (const auto& [missing, reason] :
       {std::pair{TPMA_OBJECT_FIXEDTPM, "TPM: key can leave it"},
        std::pair{TPMA_OBJECT_FIXEDPARENT, "TPM: key can leave it"},
        std::pair{TPMA_OBJECT_SENSITIVEDATAORIGIN, "TPM: key was not made in it"},
        std::pair{TPMA_OBJECT_USERWITHAUTH, "TPM: PIN of the key can be guessed"}}) {
    TestAttester tpm;
    tpm.key_attributes &= ~missing;
    EXPECT_EQ(judged(tpm), reason);
  }
  TestAttester policy;
  policy.has_policy = true;
  EXPECT_EQ(judged(policy), "TPM: PIN of the key can be guessed");
  TestAttester tpm;
  tpm.key_attributes |= TPMA_OBJECT_NODA;
  EXPECT_EQ(judged(tpm), "TPM: PIN of the key can be guessed");
}

TEST(CertifiedKey, EachAttributeOfTheAttesterCounts) {
  for (const auto missing : {TPMA_OBJECT_FIXEDTPM, TPMA_OBJECT_FIXEDPARENT, TPMA_OBJECT_SENSITIVEDATAORIGIN,
                             TPMA_OBJECT_RESTRICTED, TPMA_OBJECT_SIGN_ENCRYPT}) {
    TestAttester tpm;
    tpm.attester_attributes &= ~missing;
    EXPECT_EQ(judged(tpm), "TPM: attestation key is not restricted to its TPM");
  }
  TestAttester tpm;
  tpm.attester_attributes |= TPMA_OBJECT_DECRYPT;
  EXPECT_EQ(judged(tpm), "TPM: attestation key is not restricted to its TPM");
}

TEST(CertifiedKey, OnlyATpmsCertificationCounts) {
  TestAttester tpm;
  tpm.magic = 0xff544348;
  EXPECT_NE(judged(tpm), "");
  TestAttester created;
  created.type = TPM2_ST_ATTEST_CREATION;
  EXPECT_EQ(judged(created), "TPM: not a certification by a TPM");
  TestAttester weak;
  weak.name_algorithm = TPM2_ALG_SHA1;
  EXPECT_EQ(judged(weak), "TPM: malformed");
}

TEST(CertifiedKey, EveryStructureIsReadToItsEnd) {
  const TestAttester tpm;
  const auto attester = parse_attester(tpm.attester_area());
  const Octets area = tpm.key_area(), info = tpm.info(challenge, PublicArea::parse(area)->name),
               signature = tpm.signature(info);
  const auto verify = [&](Bytes the_area, Bytes the_info, Bytes the_signature) {
    return verify_certified({the_area, the_info, the_signature}, *attester, challenge, tpm.user.public_key())
        .has_value();
  };
  EXPECT_TRUE(verify(area, info, signature));
  for (std::size_t size = 0; size < area.size(); ++size)
    EXPECT_FALSE(verify(Bytes(area).first(size), info, signature)) << size;
  for (std::size_t size = 0; size < info.size(); ++size)
    EXPECT_FALSE(verify(area, Bytes(info).first(size), signature)) << size;
  for (std::size_t size = 0; size < signature.size(); ++size)
    EXPECT_FALSE(verify(area, info, Bytes(signature).first(size))) << size;
  Octets longer = signature;
  longer.push_back(0);
  EXPECT_FALSE(verify(area, info, longer));
  EXPECT_FALSE(verify(Octets(max_structure + 1), info, signature));
}

}  // namespace
}  // namespace ferryman::attestation
