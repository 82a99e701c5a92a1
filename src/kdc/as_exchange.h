#pragma once

#include "kdc/kdc.h"
#include "kerberos/whole_kdc_req.h"

namespace ferryman::kdc {

// The Authentication Service exchange (RFC 4120 3.1). octets: the whole message, of which request is a view.
Answer as_exchange(Bytes octets, const kerberos::WholeKdcReq& request, const Kdc& kdc, Now now);

}  // namespace ferryman::kdc
