#pragma once

#include "kdc/kdc.h"
#include "kerberos/parts.h"
#include "kerberos/whole_kdc_req.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"

namespace ferryman::kdc {

// The PA-TGS-REQ of a TGS-REQ, opened (RFC 4120 5.2.7.1): whose request it is.
struct TgsHeader {
  kerberos::Ticket ticket;
  ticket::OpenedTicket opened;
  ticket::OpenedAuthenticator authenticator;

  // What the reply is encrypted in, and its usage.
  const crypto::Key& reply_key() const {
    return authenticator.subkey ? *authenticator.subkey : opened.session_key;
  }
};

// In this order: padata_type_not_supported (16) where there is none; generic (60) where it is not well
// formed; policy (12) for AP options and for a ticket that is no TGT of this realm; bad_key_version (44);
// bad_integrity (31); what check_ap() says (36, 37, 33, 32) and, of a partial TGT, limit_partial_tgt() (33),
// whose flags are what it leaves; policy (12) for a ticket that is for FAST alone; and what is wrong with the
// checksum over the request's body as it was received: it is not there (50), of a type that is not known (15)
// or not good enough (50), or not right (31).
Judged<TgsHeader> open_tgs_header(const Kdc& kdc, const kerberos::WholeKdcReq& request, Now now);

}  // namespace ferryman::kdc
