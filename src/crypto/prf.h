#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/key.h"

namespace ferryman::crypto {

// Any thread may call these.

// The pseudorandom function of the key's etype (RFC 3961 3).
Secret prf(const Key& key, Bytes input);

// PRF+ (RFC 6113 5.1) of that many octets. size: at most 255 times what prf() gives.
Secret prf_plus(const Key& key, Bytes input, std::size_t size);

// KRB-FX-CF2 (RFC 6113 5.1): a key of the first one's etype. The keys' etypes need not be the same.
Key combine(const Key& first, const Key& second, std::string_view first_pepper,
            std::string_view second_pepper);

// A key of that etype from PRF+ of another (RFC 6113 5.1's random-to-key of it), bound to the input.
Key derive(const Key& key, Bytes input, const Etype& etype);

}  // namespace ferryman::crypto
