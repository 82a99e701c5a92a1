#pragma once

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::pac {

// The EncTicketPart, as it was decrypted, with the PAC in it replaced by one zero octet. pac: the PAC's
// octets inside the part. Faults: those of the DER; missing_field where the PAC is not in it.
Result<Octets> ticket_to_sign(Bytes enc_ticket_part, Bytes pac);

}  // namespace ferryman::pac
