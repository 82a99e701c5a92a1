#pragma once

#include "directory/account.h"
#include "kdc/kdc.h"
#include "kerberos/whole_kdc_req.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"

namespace ferryman::kdc {

// User-to-user (RFC 4120 3.7): the TGT, among the additional tickets, in whose session key the new ticket is
// encrypted. bad_option (13) where there is none; policy (12) where it is no TGT of this realm; what opening
// one gives (44, 31, 32, 33, 20, 41, 18); bad_match (36) where its client is not the account that the ticket
// is asked for; etype_not_supported (14) where the request does not list its etype.
Judged<ticket::OpenedTicket> open_second_ticket(const Kdc& kdc, const kerberos::KdcReqBody& body,
                                                const directory::Principal& service, Now now);

}  // namespace ferryman::kdc
