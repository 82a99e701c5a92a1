#pragma once

#include <cstdint>
#include <string_view>

#include "kdc/kdc.h"
#include "local/message.h"

namespace ferryman::realm {

// A KRB-ERROR of this code for a request that no tenant's KDC can answer: the tenant is not there or
// disabled, or the directory cannot be read. For kpasswd in the frame of RFC 3244 2.
kdc::Answer answer_without_tenant(const local::KerberosRequest& request, std::int32_t code,
                                  std::string_view reason, kdc::Now now);

}  // namespace ferryman::realm
