#include "keys/tpm_session.h"

#include <algorithm>

namespace ferryman::keys {

Outcome<TpmHandle> begin_session(const Tpm& tpm, ESYS_TR storage_root, Encrypted encrypted) {
  TPMT_SYM_DEF cipher{};
  cipher.algorithm = TPM2_ALG_AES;
  cipher.keyBits.aes = 128;
  cipher.mode.aes = TPM2_ALG_CFB;
  ESYS_TR handle = ESYS_TR_NONE;
  TSS2_RC code =
      Esys_StartAuthSession(tpm.esys(), storage_root, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            nullptr, TPM2_SE_HMAC, &cipher, TPM2_ALG_SHA256, &handle);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "begin a session"));
  TpmHandle session(tpm, handle);
  // Kept after a command, so that it is flushed in one place whether that succeeds or not.
  const auto attributes = static_cast<TPMA_SESSION>(TPMA_SESSION_CONTINUESESSION |
                                                    (encrypted.command ? TPMA_SESSION_DECRYPT : 0) |
                                                    (encrypted.answer ? TPMA_SESSION_ENCRYPT : 0));
  code = Esys_TRSess_SetAttributes(tpm.esys(), handle, attributes, 0xff);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "begin a session"));
  return session;
}

TpmPin::TpmPin(const Tpm& tpm, ESYS_TR key, Bytes pin) : tpm_(&tpm), key_(key) {
  TPM2B_AUTH value{};
  value.size = static_cast<UINT16>(pin.size());
  std::ranges::copy(pin, value.buffer);
  Esys_TR_SetAuth(tpm.esys(), key, &value);
  wipe({value.buffer, sizeof value.buffer});
}

TpmPin::~TpmPin() {
  const TPM2B_AUTH none{};
  Esys_TR_SetAuth(tpm_->esys(), key_, &none);
}

}  // namespace ferryman::keys
