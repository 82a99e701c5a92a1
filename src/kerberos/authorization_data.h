#pragma once

#include <cstdint>
#include <span>

#include "base/error.h"
#include "kerberos/elements.h"
#include "kerberos/limits.h"
#include "kerberos/numbers.h"

namespace ferryman::kerberos {

// One element of AuthorizationData (RFC 4120 5.2.6).
struct AuthorizationElement {
  std::int32_t type = 0;
  Bytes data;
  Bytes octets;  // the element as it stands in the message, to be copied; write() does not look at it
};

void read(der::Reader& reader, AuthorizationElement& out);
void write(der::Writer& writer, const AuthorizationElement& element);

// An empty one must not be written: leave the field out (write_optional_field() does).
using AuthorizationData = Elements<AuthorizationElement, limits::max_authorization_data>;

// Whether an element holds further ones: AD-IF-RELEVANT, AD-KDC-ISSUED, AD-AND-OR, AD-MANDATORY-FOR-KDC
// (RFC 4120 5.2.6.1 to 5.2.6.4), AD-CAMMAC (RFC 7751 3).
bool is_container(std::int32_t type);

// The elements in a container. Only its own list is checked, not what is inside those elements.
Result<AuthorizationData> open_container(const AuthorizationElement& container);

// Whether an element of one of those types is in the list or, at any depth, in one of its containers. A
// container that cannot be read is a fault, as are lists nested deeper than max_authorization_data_depth
// (Fault::too_deep) and more than max_authorization_data_total elements in all (Fault::too_many).
Result<bool> contains_any(const AuthorizationData& list, std::span<const std::int32_t> types);

}  // namespace ferryman::kerberos
