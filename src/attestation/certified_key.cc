#include "attestation/certified_key.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <tss2/tss2_mu.h>

#include <algorithm>

#include "base/owned.h"
#include "pki/library.h"
#include "pki/private_key.h"

namespace ferryman::attestation {
namespace {

using OwnedSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

template <typename T, typename Read>
bool unmarshal(Bytes octets, T& out, Read* read) {
  std::size_t done = 0;
  return octets.size() <= max_structure &&
         read(octets.data(), octets.size(), &done, &out) == TSS2_RC_SUCCESS && done == octets.size();
}

template <typename Sized>
Bytes octets_of(const Sized& part) {
  return {part.buffer, part.size};
}

// As pki::verify() has it; empty for one of another kind.
Octets plain_signature(const TPMT_SIGNATURE& signature) {
  if (signature.sigAlg == TPM2_ALG_RSASSA && signature.signature.rsassa.hash == TPM2_ALG_SHA256) {
    const Bytes octets = octets_of(signature.signature.rsassa.sig);
    return {octets.begin(), octets.end()};
  }
  if (signature.sigAlg != TPM2_ALG_ECDSA || signature.signature.ecdsa.hash != TPM2_ALG_SHA256) return {};
  const Bytes r = octets_of(signature.signature.ecdsa.signatureR),
              s = octets_of(signature.signature.ecdsa.signatureS);
  const OwnedSignature both(pki::must(ECDSA_SIG_new()));
  pki::must(ECDSA_SIG_set0(both.get(), pki::must(BN_bin2bn(r.data(), static_cast<int>(r.size()), nullptr)),
                           pki::must(BN_bin2bn(s.data(), static_cast<int>(s.size()), nullptr))));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(both.get(), &der);
  if (size <= 0) return {};
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

Outcome<void> check_user_key(const PublicArea& area) {
  if (!area.has(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT)) return fail(Fault::key_can_leave);
  if (!area.has(TPMA_OBJECT_SENSITIVEDATAORIGIN)) return fail(Fault::key_from_elsewhere);
  if (!area.has(TPMA_OBJECT_USERWITHAUTH) || area.has_policy || (area.attributes & TPMA_OBJECT_NODA) != 0)
    return fail(Fault::no_lockout);
  return {};
}

}  // namespace

Outcome<PublicArea> parse_attester(Bytes public_area) {
  auto area = PublicArea::parse(public_area);
  if (!area) return area;
  constexpr TPMA_OBJECT speaks_for_its_tpm = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                             TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_RESTRICTED |
                                             TPMA_OBJECT_SIGN_ENCRYPT;
  if (!area->has(speaks_for_its_tpm) || (area->attributes & TPMA_OBJECT_DECRYPT) != 0)
    return fail(Fault::attester);
  return area;
}

Outcome<void> verify_certified(const Certified& certified, const PublicArea& attester, Bytes challenge,
                               const pki::PublicKey& key) {
  const auto area = PublicArea::parse(certified.public_area);
  if (!area) return tl::unexpected(area.error());
  TPMT_SIGNATURE signature{};
  TPMS_ATTEST info{};
  if (!unmarshal(certified.signature, signature, Tss2_MU_TPMT_SIGNATURE_Unmarshal) ||
      !unmarshal(certified.info, info, Tss2_MU_TPMS_ATTEST_Unmarshal))
    return fail(Fault::malformed);
  if (!pki::verify(attester.key, certified.info, plain_signature(signature))) return fail(Fault::signature);
  if (info.magic != TPM2_GENERATED_VALUE || info.type != TPM2_ST_ATTEST_CERTIFY)
    return fail(Fault::not_certified);
  if (!std::ranges::equal(octets_of(info.extraData), challenge)) return fail(Fault::wrong_challenge);
  const TPM2B_NAME& name = info.attested.certify.name;
  if (!std::ranges::equal(Bytes(name.name, name.size), area->name) || !(area->key == key))
    return fail(Fault::other_key);
  return check_user_key(*area);
}

}  // namespace ferryman::attestation
