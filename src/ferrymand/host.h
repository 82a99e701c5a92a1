#pragma once

#include <string_view>

namespace ferryman {

// Whether a Host field (RFC 9110 7.2) is what a browser sends that was led to a loopback address on purpose:
// an IP address or localhost, with or without a port. A page of elsewhere whose name was made to point here
// (DNS rebinding) has that name in it.
bool is_host_of_loopback(std::string_view host);

}  // namespace ferryman
