#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferryman::login {

// What an error-code means that an Active Directory's KDC answers a partial ticket-granting ticket with, and
// what to do: a message for a person, without a full stop. realm: the domain's.
std::string domain_refusal(std::int32_t error_code, std::string_view realm);

}  // namespace ferryman::login
