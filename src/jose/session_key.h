#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

// The session key of a primary refresh token ([MS-OAPXBC] 3.2.5.1.3) and what is derived of it, never used
// itself: SP 800-108 in counter mode with HMAC-SHA-256, a label and a context of random octets that stands in
// the token's header as `ctx`.
namespace ferryman::jose {

inline constexpr std::size_t session_key_size = 32, context_size = 32;
using DerivedKey = SecretArray<32>;

enum class KdfVersion : std::uint8_t { v1 = 1, v2 = 2 };  // `kdf_ver`; without it 1

// Throw std::runtime_error where OpenSSL cannot.
DerivedKey derive_key(Bytes session_key, std::string_view label, Bytes context);
// What a request is signed with (HS256). payload: the octets of its claims, which version 2 derives the key
// of as well.
DerivedKey signing_key(Bytes session_key, Bytes context, KdfVersion version, std::string_view payload);
// What an answer is encrypted with.
DerivedKey encryption_key(Bytes session_key, Bytes context);

}  // namespace ferryman::jose
