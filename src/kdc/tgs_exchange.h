#pragma once

#include "kdc/kdc.h"
#include "kerberos/whole_kdc_req.h"

namespace ferryman::kdc {

// The Ticket-Granting Service exchange (RFC 4120 3.3).
Answer tgs_exchange(const kerberos::WholeKdcReq& request, const Kdc& kdc, Now now);

}  // namespace ferryman::kdc
