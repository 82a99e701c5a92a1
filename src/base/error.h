#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman {

// What is wrong with bytes that came from elsewhere. Each is one cause that a person can look for in
// a capture; the comment says what normally brings it about.
enum class Fault : std::uint8_t {
  truncated,            // the input ends inside an element
  trailing_bytes,       // something follows the last element
  wrong_tag,            // another element than the definition asks for stands here
  missing_field,        // a field that is not OPTIONAL is absent
  indefinite_length,    // BER's length 0x80, which DER has not
  non_minimal_length,   // a length in more octets than it needs
  length_too_large,     // a length over 2^32 - 1, or over what this field may have
  non_minimal_integer,  // an INTEGER with a redundant leading octet
  integer_range,        // an INTEGER that the field's type cannot hold
  bad_string,           // octets that the string type does not allow
  bad_time,             // a KerberosTime that is not YYYYMMDDHHMMSSZ
  too_deep,             // more nesting than any Kerberos message has
  too_many,             // more elements than this list may have
  wrong_value,          // a constant field (pvno, msg-type, ...) has another value
  wrong_realm,          // a reply whose ticket is of another realm than the request asked
  unknown_message,      // not a message that is served here
  no_space,             // the writer's buffer is too small
  bad_integrity,        // a checksum, also one inside what was decrypted, was not made with this key
  unsupported,          // an encryption or checksum type, or parameters of one, that are not served here
};

// The fault's name as it stands in logs: "truncated", "wrong_tag", ...
std::string_view name(Fault fault);

struct Error {
  Fault fault;
  // Where in the outermost input it was found, in octets from its start.
  std::uint32_t offset = 0;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = tl::expected<T, Error>;

}  // namespace ferryman
