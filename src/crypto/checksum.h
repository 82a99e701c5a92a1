#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "crypto/key.h"

namespace ferryman::crypto {

// Checksums of RFC 3961 4. Any thread may call these.

// The one mandatory keyed checksum of the key's etype, whose type is key.type().checksum.
Octets make_checksum(const Key& key, std::int32_t usage, Bytes data);

// Whether it is that checksum, whole, of that very type: unkeyed types, another etype's and truncated ones
// are not. The comparison takes constant time.
[[nodiscard]] bool verify_checksum(const Key& key, std::int32_t usage, std::int32_t type, Bytes data,
                                   Bytes checksum);

// HMAC-MD5 (RFC 4757 4, type -138) with a key of whatever etype: PA-FOR-USER has it [MS-SFU 2.2.1].
Octets make_hmac_md5(const Key& key, std::int32_t usage, Bytes data);
[[nodiscard]] bool verify_hmac_md5(const Key& key, std::int32_t usage, std::int32_t type, Bytes data,
                                   Bytes checksum);

// The unkeyed, collision-proof checksums: rsa-md5 and sha1 alone. Only where something else keeps the
// checksum from being changed, as the encryption of an Authenticator does for that of PA-TGS-REQ (RFC
// 4120 5.4.1).
[[nodiscard]] bool verify_unkeyed_checksum(std::int32_t type, Bytes data, Bytes checksum);

}  // namespace ferryman::crypto
