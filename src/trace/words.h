#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "kerberos/principal_name.h"

namespace ferryman::trace {

// "alice@EX", safe to print.
std::string principal_text(const kerberos::PrincipalName& name, std::string_view realm);

// What a request and its reply, either may be empty, are about beyond their kinds, with ", " between: "FAST",
// "partial TGT of krbtgt_7", "S4U2Self for bob@EX", "keys wanted". Only what stands in the clear.
std::string words_of(Bytes request, Bytes reply);

}  // namespace ferryman::trace
