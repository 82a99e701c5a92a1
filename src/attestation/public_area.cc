#include "attestation/public_area.h"

#include <tss2/tss2_mu.h>

#include <array>

#include "crypto/openssl.h"

namespace ferryman::attestation {
namespace {

constexpr std::array<std::uint8_t, 3> default_exponent{1, 0, 1};  // where the area has 0
constexpr std::size_t sha256_size = 32;

Outcome<pki::PublicKey> key_of(const TPMT_PUBLIC& area) {
  if (area.type == TPM2_ALG_RSA && area.parameters.rsaDetail.exponent == 0) {
    const TPM2B_PUBLIC_KEY_RSA& modulus = area.unique.rsa;
    if (auto key = pki::PublicKey::rsa({modulus.buffer, modulus.size}, default_exponent)) return *key;
  }
  if (area.type == TPM2_ALG_ECC && area.parameters.eccDetail.curveID == TPM2_ECC_NIST_P256) {
    const TPMS_ECC_POINT& point = area.unique.ecc;
    if (auto key = pki::PublicKey::p256({point.x.buffer, point.x.size}, {point.y.buffer, point.y.size}))
      return *key;
  }
  return fail(Fault::malformed);
}

}  // namespace

Outcome<PublicArea> PublicArea::parse(Bytes octets) {
  if (octets.size() > max_structure) return fail(Fault::malformed);
  TPMT_PUBLIC area{};
  std::size_t read = 0;
  const TSS2_RC code = Tss2_MU_TPMT_PUBLIC_Unmarshal(octets.data(), octets.size(), &read, &area);
  if (code != TSS2_RC_SUCCESS || read != octets.size() || area.nameAlg != TPM2_ALG_SHA256)
    return fail(Fault::malformed);
  auto key = key_of(area);
  if (!key) return tl::unexpected(key.error());
  Octets name(sizeof(TPMI_ALG_HASH) + sha256_size);
  name[0] = TPM2_ALG_SHA256 >> 8;
  name[1] = TPM2_ALG_SHA256 & 0xff;
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {octets},
                        std::span(name).subspan(sizeof(TPMI_ALG_HASH)));
  return PublicArea{*std::move(key), area.objectAttributes, area.authPolicy.size != 0, std::move(name)};
}

}  // namespace ferryman::attestation
