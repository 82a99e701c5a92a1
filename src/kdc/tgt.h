#pragma once

#include <string_view>
#include <vector>

#include "directory/account.h"
#include "kdc/kdc.h"
#include "kerberos/parts.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"
#include "ticket/ticket_pac.h"

// TGTs that come back: in a TGS-REQ, as FAST's armor, and for user-to-user.
namespace ferryman::kdc {

std::vector<std::string_view> components_of(const kerberos::PrincipalName& name);

// Whether the ticket is said to be for this realm's krbtgt.
bool is_krbtgt(const Kdc& kdc, const kerberos::Ticket& ticket);

// bad_key_version (44), bad_integrity (31); policy (12) for a partial TGT, which is good for a TGS-REQ's
// header alone (kdc/partial_tgt.h).
Judged<ticket::OpenedTicket> open_tgt(const Kdc& kdc, const kerberos::Ticket& ticket);
Judged<ticket::OpenedTicket> open_header_tgt(const Kdc& kdc, const kerberos::Ticket& ticket);

// Its client as it is now, and its PAC, which views the opened ticket.
struct TgtClient {
  directory::Shared<directory::Principal> principal;
  ticket::TgtPac pac;
  std::uint16_t rodc = 0;  // not 0: the TGT is a partial one, and nothing of its PAC goes into another ticket
};
// policy (12) for nobody's TGT, which is good for FAST's armor alone. All signatures of the PAC are verified:
// modified (41), or tgt_revoked (20) where there is none. tgt_revoked too where the client's name is now
// another account's, or nobody's, its PRT or the key that it is by is revoked, or who made a partial TGT may
// not vouch for it; client_revoked (18) for one that may not log on any more.
Judged<TgtClient> client_of_tgt(const Kdc& kdc, const kerberos::Ticket& ticket,
                                const ticket::OpenedTicket& opened, Now now);

}  // namespace ferryman::kdc
