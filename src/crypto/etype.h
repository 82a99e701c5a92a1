#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/openssl.h"
#include "kerberos/numbers.h"

namespace ferryman::crypto {

namespace etype = kerberos::etype;
namespace checksum_type = kerberos::checksum_type;

// How an encryption type is made: RFC 3961's construction with AES (RFC 3962), that of RFC 8009, or by
// libkrb5, for RC4 (RFC 4757) and what only old realms have: DES3 and Camellia (RFC 6803).
enum class Construction : std::uint8_t { aes_sha1, aes_sha2, libkrb5 };

// An encryption type that is served here.
struct Etype {
  std::int32_t number;
  Construction construction;
  openssl::Digest digest;          // of the HMAC; not for libkrb5's
  std::size_t key_size;            // of the protocol key, and of Ke
  std::size_t seed_size;           // what random-to-key takes
  std::size_t integrity_key_size;  // of Ki and Kc; not for libkrb5's
  std::int32_t checksum;           // the one mandatory keyed checksum type
  std::size_t checksum_size;       // of it, and of what stands behind the ciphertext
  std::uint32_t iterations;  // of string-to-key when no parameters say another number; not for libkrb5's
  std::string_view name;     // as in RFC 8009 4, where it is part of the salt
};

// Null where the number is not served.
const Etype* find_etype(std::int32_t number);

// Octets of a keyed checksum of that type; 0 where it is not the mandatory one of any etype above.
std::size_t checksum_size(std::int32_t checksum_type);

}  // namespace ferryman::crypto
