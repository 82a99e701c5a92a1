#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "pki/private_key.h"
#include "pki/public_key.h"

namespace ferryman::pki {

// What a PKCS #10 request (RFC 2986) is for: a key, whose holder signed it. The name that it asks for and its
// attributes are not looked at: a certificate says what its issuer knows.
inline constexpr std::size_t max_certificate_request = 8192;  // octets of DER

// Faults: length_too_large, wrong_value, trailing_bytes; those of PublicKey; unsupported where it is not
// signed with SHA-256; bad_integrity where another key signed it.
Result<PublicKey> parse_certificate_request(Bytes der);

// DER.
Octets make_certificate_request(const PrivateKey& key, std::string_view common_name);

}  // namespace ferryman::pki
