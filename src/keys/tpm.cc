#include "keys/tpm.h"

#include <fmt/format.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/endian.h"

namespace ferryman::keys {
namespace {

constexpr std::string_view device_prefix = "device:";

// What the library does not tell apart.
std::optional<std::string> why_not_usable(const std::string& tcti) {
  if (!tcti.starts_with(device_prefix)) return std::nullopt;
  const std::string device = tcti.substr(device_prefix.size());
  if (::access(device.c_str(), R_OK | W_OK) == 0) return std::nullopt;
  if (errno == ENOENT)
    return fmt::format(
        "there is no TPM here ({} does not exist): switch it on in the firmware's settings, or use another "
        "kind of key",
        device);
  if (errno == EACCES)
    return fmt::format(
        "this user may not use {}: become a member of the group that it belongs to (usually tss), and log in "
        "again",
        device);
  return fmt::format("{}: {}", device, std::strerror(errno));
}

// A TPM's own code without the number of the parameter, handle or session that it is about; others as they
// are.
TPM2_RC plain_code(TSS2_RC code) {
  const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
  if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER) return code;
  const TPM2_RC own = code & ~TSS2_RC_LAYER_MASK;
  return (own & TPM2_RC_FMT1) == 0 ? own : own & (TPM2_RC_FMT1 | 0x3f);
}

}  // namespace

Outcome<std::unique_ptr<Tpm>> Tpm::connect(const std::string& tcti) {
  ::setenv("TSS2_LOG", "all+none", 0);
  if (const auto why = why_not_usable(tcti)) return fail(KeyFault::not_reachable, *why);
  std::unique_ptr<Tpm> made(new Tpm);
  TSS2_RC code = Tss2_TctiLdr_Initialize(tcti.c_str(), &made->tcti_);
  if (code == TSS2_RC_SUCCESS) code = Esys_Initialize(&made->esys_, made->tcti_, nullptr);
  if (code != TSS2_RC_SUCCESS)
    return fail(KeyFault::not_reachable, fmt::format("no TPM answers at {}: {}", tcti, Tss2_RC_Decode(code)));
  return made;
}

Tpm::~Tpm() {
  if (esys_ != nullptr) Esys_Finalize(&esys_);
  if (tcti_ != nullptr) Tss2_TctiLdr_Finalize(&tcti_);
}

Outcome<TPMS_CAPABILITY_DATA> Tpm::properties(UINT32 first, UINT32 count) const {
  TPMI_YES_NO more = TPM2_NO;
  TPMS_CAPABILITY_DATA* data = nullptr;
  const TSS2_RC code = Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                          TPM2_CAP_TPM_PROPERTIES, first, count, &more, &data);
  if (code != TSS2_RC_SUCCESS)
    return fail(KeyFault::failed, fmt::format("the TPM does not tell its state: {}", Tss2_RC_Decode(code)));
  return *OwnedTpm<TPMS_CAPABILITY_DATA>(data);
}

Outcome<PinTries> Tpm::pin_tries() const {
  const auto data = properties(TPM2_PT_LOCKOUT_COUNTER, 3);
  if (!data) return tl::unexpected(data.error());
  std::uint32_t failed = 0, allowed = 0, interval = 0;
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  for (const auto& [property, value] : std::span(list.tpmProperty, list.count)) {
    if (property == TPM2_PT_LOCKOUT_COUNTER) failed = value;
    if (property == TPM2_PT_MAX_AUTH_FAIL) allowed = value;
    if (property == TPM2_PT_LOCKOUT_INTERVAL) interval = value;
  }
  return PinTries{failed < allowed ? allowed - failed : 0, allowed, std::chrono::seconds(interval)};
}

Outcome<std::string> Tpm::manufacturer() const {
  const auto data = properties(TPM2_PT_MANUFACTURER, 1);
  if (!data) return tl::unexpected(data.error());
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  if (list.count == 0) return std::string();
  std::string name;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char letter = static_cast<char>(list.tpmProperty[0].value >> shift & 0xff);
    if (letter > ' ' && letter < 0x7f) name += letter;
  }
  return name;
}

KeyError Tpm::error(TSS2_RC code, std::string_view doing) const {
  switch (const TPM2_RC plain = plain_code(code)) {
    case TPM2_RC_AUTH_FAIL:
    case TPM2_RC_BAD_AUTH:
    case TPM2_RC_LOCKOUT:
      return pin_error(plain);
    case TPM2_RC_INTEGRITY:
      return {KeyFault::foreign,
              "this key is not of this TPM, or of a time before it was cleared: enrol again"};
    case TPM2_RC_OBJECT_MEMORY:
    case TPM2_RC_SESSION_MEMORY:
    case TPM2_RC_OBJECT_HANDLES:
    case TPM2_RC_SESSION_HANDLES:
      return {KeyFault::failed,
              "the TPM has no room left: another program keeps it full; by device:/dev/tpmrm0 they do not "
              "get into each other's way"};
    default:
      return {KeyFault::failed, fmt::format("the TPM could not {}: {}", doing, Tss2_RC_Decode(code))};
  }
}

KeyError Tpm::pin_error(TPM2_RC code) const {
  const KeyFault fault = code == TPM2_RC_LOCKOUT ? KeyFault::locked : KeyFault::wrong_pin;
  const std::string text = fault == KeyFault::locked ? "the key is locked" : "wrong PIN";
  const auto tries = pin_tries();
  if (!tries) return {fault, text};
  return {fault, fmt::format("{}; {}", text, tries->in_words()), *tries};
}

TpmHandle::~TpmHandle() {
  if (handle_ != ESYS_TR_NONE) Esys_FlushContext(tpm_->esys(), handle_);
}

}  // namespace ferryman::keys
