#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace ferryman::pkinit {

// The groups that keys are agreed in: curves (RFC 5349), and the MODP groups of RFC 3526 with 2048 and with
// 4096 bits.
enum class Group : std::uint8_t { p256, p384, modp14, modp16 };

struct GroupParameters {
  Group group;
  const char* type;  // of key, and the group's name, in OpenSSL
  const char* name;
  Octets prime;      // of a MODP group; empty for a curve
  std::size_t size;  // octets of a shared secret
  // Its AlgorithmIdentifier in DER (RFC 3279 2.3.3, RFC 5480 2.1.1), and of a MODP group the one without q.
  Octets algorithm, algorithm_without_q;
};

// The best first.
const std::array<GroupParameters, 4>& groups();

inline const GroupParameters& parameters_of(Group group) {
  return groups()[static_cast<std::size_t>(group)];
}
// Null where an AlgorithmIdentifier is not that of one of them, octet for octet.
const GroupParameters* find_group(Bytes algorithm);

}  // namespace ferryman::pkinit
