#pragma once

#include <string>
#include <string_view>

namespace ferryman::ad {

// A value as it may stand in a filter (RFC 4515 3): whatever octets it has, it is a value and no more.
std::string escape_filter(std::string_view value);

// A value as it may stand in a distinguished name (RFC 4514 2.4).
std::string escape_dn(std::string_view value);

// Whether both name one object, as far as a client can tell: without ASCII case.
bool is_same_dn(std::string_view a, std::string_view b);

// Whether an object is one below another.
bool is_dn_below(std::string_view dn, std::string_view base);

// Whether a name is that of a host within the domain, of letters, digits, "-", "_" and dots: whatever DNS has
// answered, nothing else is meant by it in a URL.
bool is_host_of(std::string_view host, std::string_view domain);

}  // namespace ferryman::ad
