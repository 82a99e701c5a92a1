#pragma once

#include <tss2/tss2_esys.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "keys/key_error.h"

namespace ferryman::keys {

// Frees what the TPM's library hands out; wiped, as some of it is secret.
template <typename T>
struct FreeTpm {
  void operator()(T* part) const {
    if (part == nullptr) return;
    wipe({reinterpret_cast<std::uint8_t*>(part), sizeof *part});
    Esys_Free(part);
  }
};
template <typename T>
using OwnedTpm = std::unique_ptr<T, FreeTpm<T>>;

// A connection to a TPM 2.0, by tpm2-tss' ESAPI. What its library would write to standard error is switched
// off in the environment, unless TSS2_LOG is set: so the first connection is made before there are threads.
class Tpm {
 public:
  // tcti: how it is reached, as tpm2-tools have it: "device:/dev/tpmrm0", "swtpm:path=/run/tpm.sock". It
  // names a library that is loaded, and so is never taken from a foreign hand. Faults: not_reachable.
  static Outcome<std::unique_ptr<Tpm>> connect(const std::string& tcti);
  Tpm(const Tpm&) = delete;
  Tpm& operator=(const Tpm&) = delete;
  ~Tpm();

  ESYS_CONTEXT* esys() const { return esys_; }

  Outcome<PinTries> pin_tries() const;
  // Four characters: "IBM", "INTC", "STM".
  Outcome<std::string> manufacturer() const;

  // The error that a call gave, in words; with the count of tries where it is about a PIN. doing: what it
  // was, as in "the TPM could not make a key".
  KeyError error(TSS2_RC code, std::string_view doing) const;

 private:
  Tpm() = default;
  Outcome<TPMS_CAPABILITY_DATA> properties(UINT32 first, UINT32 count) const;
  KeyError pin_error(TPM2_RC code) const;

  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
};

// Something loaded into a TPM, of which it has room for three or so: flushed at the end.
class TpmHandle {
 public:
  TpmHandle(const Tpm& tpm, ESYS_TR handle) : tpm_(&tpm), handle_(handle) {}
  TpmHandle(TpmHandle&& other) noexcept
      : tpm_(other.tpm_), handle_(std::exchange(other.handle_, ESYS_TR_NONE)) {}
  TpmHandle& operator=(TpmHandle&&) = delete;
  ~TpmHandle();

  ESYS_TR get() const { return handle_; }

 private:
  const Tpm* tpm_;
  ESYS_TR handle_;
};

}  // namespace ferryman::keys
