#pragma once

#include <tss2/tss2_tpm2_types.h>

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace ferryman::keys {

// A child of a TPM's primary key under the owner hierarchy, as it is kept outside of the TPM: the "TSS2
// PRIVATE KEY" of draft-bottomley-tpm2-keys, which other programs read as well. The private part is encrypted
// and authenticated by the TPM.
struct TpmKey {
  enum class Kind : std::uint8_t { loadable, sealed };

  Kind kind = Kind::loadable;
  bool has_pin = false;
  TPM2B_PUBLIC public_part{};
  TPM2B_PRIVATE private_part{};
};

inline constexpr char tpm_key_label[] = "TSS2 PRIVATE KEY";

Octets der_of(const TpmKey& key);
// Nothing for what der_of() never wrote: other parents, policies.
std::optional<TpmKey> parse_tpm_key(Bytes der);

}  // namespace ferryman::keys
