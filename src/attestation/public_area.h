#pragma once

#include <cstddef>
#include <cstdint>

#include "attestation/fault.h"
#include "base/bytes.h"
#include "pki/public_key.h"

namespace ferryman::attestation {

inline constexpr std::size_t max_structure = 1024;  // octets of each that comes from a TPM

// TPMT_PUBLIC (TPM 2.0 part 2, 12.2.4) of an asymmetric key whose name is made with SHA-256.
struct PublicArea {
  pki::PublicKey key;
  std::uint32_t attributes = 0;  // TPMA_OBJECT
  bool has_policy = false;       // that can stand in for the PIN
  Octets name;                   // part 1, 16

  bool has(std::uint32_t all) const { return (attributes & all) == all; }

  // Faults: malformed.
  static Outcome<PublicArea> parse(Bytes octets);
};

}  // namespace ferryman::attestation
