#include "keys/tpm_attester.h"

#include <tss2/tss2_mu.h>

#include <algorithm>
#include <array>
#include <utility>

#include "keys/tpm_templates.h"

namespace ferryman::keys {
namespace {

// Where the certificate of the endorsement key on RSA stands (TCG EK Credential Profile, 2.2.1.4).
constexpr TPM2_HANDLE certificate_index = 0x01c00002;
constexpr std::uint16_t max_certificate = 8192, read_at_once = 512;  // octets

tl::unexpected<KeyError> no_certificate() {
  return fail(KeyFault::not_reachable,
              "the TPM has no certificate of its maker for an endorsement key of RSA");
}

// The DER value in front: the place that it stands in may be larger.
Octets first_value(Octets octets) {
  constexpr std::uint8_t sequence = 0x30, two_octets = 0x82;
  if (octets.size() < 4 || octets[0] != sequence || octets[1] != two_octets) return {};
  const std::size_t size = 4 + (std::size_t{octets[2]} << 8U) + octets[3];
  if (size > octets.size()) return {};
  octets.resize(size);
  return octets;
}

Outcome<Octets> read_certificate(const Tpm& tpm) {
  ESYS_TR handle = ESYS_TR_NONE;
  if (Esys_TR_FromTPMPublic(tpm.esys(), certificate_index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            &handle) != TSS2_RC_SUCCESS)
    return no_certificate();
  struct Close {
    const Tpm& tpm;
    ESYS_TR handle;
    ~Close() { Esys_TR_Close(tpm.esys(), &handle); }
  } const close{tpm, handle};
  TPM2B_NV_PUBLIC* found = nullptr;
  TSS2_RC code =
      Esys_NV_ReadPublic(tpm.esys(), handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &found, nullptr);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "look for its certificate"));
  const OwnedTpm<TPM2B_NV_PUBLIC> area(found);
  const std::uint16_t size = area->nvPublic.dataSize;
  if (size > max_certificate) return no_certificate();
  Octets octets;
  while (octets.size() < size) {
    const auto at = static_cast<UINT16>(octets.size());
    TPM2B_MAX_NV_BUFFER* part = nullptr;
    code = Esys_NV_Read(tpm.esys(), handle, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                        std::min(read_at_once, static_cast<std::uint16_t>(size - at)), at, &part);
    if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "read its certificate"));
    const OwnedTpm<TPM2B_MAX_NV_BUFFER> owned(part);
    if (part->size == 0) return no_certificate();
    octets.insert(octets.end(), part->buffer, part->buffer + part->size);
  }
  Octets certificate = first_value(std::move(octets));
  if (certificate.empty()) return no_certificate();
  return certificate;
}

struct Primary {
  TpmHandle handle;
  TPM2B_PUBLIC area;
};

Outcome<Primary> make_primary(const Tpm& tpm, const TPM2B_PUBLIC& area, std::string_view doing) {
  const TPM2B_SENSITIVE_CREATE no_password{};
  const TPM2B_DATA nothing{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR handle = ESYS_TR_NONE;
  TPM2B_PUBLIC* made = nullptr;
  const TSS2_RC code =
      Esys_CreatePrimary(tpm.esys(), ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                         &no_password, &area, &nothing, &no_pcrs, &handle, &made, nullptr, nullptr, nullptr);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, doing));
  const OwnedTpm<TPM2B_PUBLIC> owned(made);
  return Primary{TpmHandle(tpm, handle), *made};
}

Outcome<Primary> make_attestation_key(const Tpm& tpm) {
  return make_primary(tpm, attestation_template(), "make its attestation key");
}

template <typename T, typename Write>
Octets marshalled(const T& part, Write* write) {
  Octets octets(sizeof part);
  std::size_t size = 0;
  if (write(&part, octets.data(), octets.size(), &size) != TSS2_RC_SUCCESS) return {};
  octets.resize(size);
  return octets;
}

// Who uses the endorsement key shows the password of its hierarchy, which is none.
Outcome<TpmHandle> endorsement_policy(const Tpm& tpm) {
  TPMT_SYM_DEF none{};
  none.algorithm = TPM2_ALG_NULL;
  ESYS_TR handle = ESYS_TR_NONE;
  TSS2_RC code =
      Esys_StartAuthSession(tpm.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            nullptr, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, &handle);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "begin a session"));
  TpmHandle session(tpm, handle);
  // Kept after a command, so that it is flushed in one place whether that succeeds or not.
  code = Esys_TRSess_SetAttributes(tpm.esys(), handle, TPMA_SESSION_CONTINUESESSION, 0xff);
  if (code == TSS2_RC_SUCCESS)
    code = Esys_PolicySecret(tpm.esys(), ESYS_TR_RH_ENDORSEMENT, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                             ESYS_TR_NONE, nullptr, nullptr, nullptr, 0, nullptr, nullptr);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "use its endorsement key"));
  return session;
}

template <std::size_t N>
bool put(Bytes octets, UINT16& size, BYTE (&buffer)[N]) {
  if (octets.size() > N) return false;
  size = static_cast<UINT16>(octets.size());
  std::ranges::copy(octets, buffer);
  return true;
}

Outcome<Octets> activate(const Tpm& tpm, ESYS_TR attestation_key, const AttestationChallenge& challenge) {
  TPM2B_ID_OBJECT credential{};
  TPM2B_ENCRYPTED_SECRET secret{};
  if (!put(challenge.credential, credential.size, credential.credential) ||
      !put(challenge.secret, secret.size, secret.secret))
    return fail(KeyFault::failed, "the server's challenge for the TPM is none");
  const auto endorsement = make_primary(tpm, endorsement_template(), "make its endorsement key");
  if (!endorsement) return tl::unexpected(endorsement.error());
  const auto policy = endorsement_policy(tpm);
  if (!policy) return tl::unexpected(policy.error());
  TPM2B_DIGEST* found = nullptr;
  const TSS2_RC code =
      Esys_ActivateCredential(tpm.esys(), attestation_key, endorsement->handle.get(), ESYS_TR_PASSWORD,
                              policy->get(), ESYS_TR_NONE, &credential, &secret, &found);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "read the server's challenge"));
  const OwnedTpm<TPM2B_DIGEST> owned(found);
  return Octets(found->buffer, found->buffer + found->size);
}

}  // namespace

Outcome<Endorsement> endorsement_of(const Tpm& tpm) {
  auto certificate = read_certificate(tpm);
  if (!certificate) return tl::unexpected(certificate.error());
  const auto key = make_attestation_key(tpm);
  if (!key) return tl::unexpected(key.error());
  return Endorsement{{std::move(*certificate)},
                     marshalled(key->area.publicArea, Tss2_MU_TPMT_PUBLIC_Marshal)};
}

Outcome<Attestation> attest_key(const Tpm& tpm, const AttestationChallenge& challenge,
                                const std::function<Outcome<LoadedKey>()>& load) {
  const auto attester = make_attestation_key(tpm);
  if (!attester) return tl::unexpected(attester.error());
  auto activated = activate(tpm, attester->handle.get(), challenge);
  if (!activated) return tl::unexpected(activated.error());
  const auto loaded = load();
  if (!loaded) return tl::unexpected(loaded.error());
  TPM2B_PUBLIC* area = nullptr;
  TSS2_RC code = Esys_ReadPublic(tpm.esys(), loaded->key.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                 &area, nullptr, nullptr);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "read a key"));
  const OwnedTpm<TPM2B_PUBLIC> owned_area(area);
  TPM2B_DATA qualifying{};
  if (!put(challenge.qualifying, qualifying.size, qualifying.buffer))
    return fail(KeyFault::failed, "the server's challenge for the TPM is none");
  TPMT_SIG_SCHEME of_the_key{};
  of_the_key.scheme = TPM2_ALG_NULL;
  TPM2B_ATTEST* info = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  code = Esys_Certify(tpm.esys(), loaded->key.get(), attester->handle.get(), loaded->session.get(),
                      ESYS_TR_PASSWORD, ESYS_TR_NONE, &qualifying, &of_the_key, &info, &signature);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "attest a key"));
  const OwnedTpm<TPM2B_ATTEST> owned_info(info);
  const OwnedTpm<TPMT_SIGNATURE> owned_signature(signature);
  return Attestation{std::move(*activated),
                     marshalled(attester->area.publicArea, Tss2_MU_TPMT_PUBLIC_Marshal),
                     marshalled(area->publicArea, Tss2_MU_TPMT_PUBLIC_Marshal),
                     Octets(info->attestationData, info->attestationData + info->size),
                     marshalled(*signature, Tss2_MU_TPMT_SIGNATURE_Marshal)};
}

}  // namespace ferryman::keys
