#pragma once

#include "kdc/kdc.h"

namespace ferryman::kdc {

// Change and set password (RFC 3244). Answer::code is a kpasswd_result.
Answer kpasswd_exchange(Bytes message, const Kdc& kdc, Now now);

}  // namespace ferryman::kdc
