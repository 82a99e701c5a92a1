#pragma once

#include <optional>

#include "base/bytes.h"

namespace ferryman::jose {

// ECDSA signatures on P-256: two numbers of 32 octets in JOSE (RFC 7518 3.4), a SEQUENCE in OpenSSL. Nothing
// for another size.
std::optional<Octets> ecdsa_der_of_raw(Bytes raw);
// der: what OpenSSL made.
Octets ecdsa_raw_of_der(Bytes der);

}  // namespace ferryman::jose
