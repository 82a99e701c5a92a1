#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/key.h"

namespace ferryman::crypto {

// More iterations than any realm asks for: what comes from the network must not keep a thread for minutes.
// Fewer than the etype's default are refused too, as they would make guessing cheap for who can change a
// PA-ETYPE-INFO2 on its way (RFC 3962 8). libkrb5 does the same.
inline constexpr std::uint32_t max_iterations = 1'000'000;

// string-to-key (RFC 3961 3): RFC 3962 4 and RFC 8009 4 for AES. password: in UTF-8. parameters: those of
// PA-ETYPE-INFO2, for AES four octets, the number of iterations; empty for the etype's default. It is slow,
// as it is meant to be. Any thread may call it.
// Faults: unsupported (etype, parameters it has not, or a number of iterations that is
// refused), bad_string (RC4 wants UTF-8).
Result<Key> string_to_key(std::int32_t etype, Bytes password, Bytes salt, Bytes parameters = {});

}  // namespace ferryman::crypto
