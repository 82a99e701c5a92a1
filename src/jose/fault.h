#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman::jose {

// What is wrong with a token, a key or a claim that came from elsewhere.
enum class Fault : std::uint8_t {
  too_large,      // longer than anything here is
  malformed,      // not as many parts, no base64url, or no JSON object in UTF-8 with every member once
  critical,       // asks for extensions (`crit`), and there are none here
  algorithm,      // `alg` or `enc` is another one than goes with the key
  header,         // a member of the header is of another type or size than it must be
  key,            // no key, or one of a type or size that is not taken
  signature,      // was not made with this key
  encryption,     // was not encrypted for this key
  claim,          // a claim is missing, or of another type than it must be
  expired,        // `exp` has passed
  not_yet_valid,  // `nbf` or `iat` is to come
  too_old,        // `iat` is longer ago than any client dates back
};

// As it stands in logs: "too_large", ...
std::string_view name(Fault fault);

template <typename T>
using Outcome = tl::expected<T, Fault>;

}  // namespace ferryman::jose
