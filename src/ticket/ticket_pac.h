#pragma once

#include <cstdint>
#include <string>

#include "crypto/key.h"
#include "kerberos/enc_ticket_part.h"
#include "pac/builder.h"
#include "pac/pac.h"
#include "pac/sid.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"

namespace ferryman::ticket {

// The PAC of a TGT, both signatures of which were verified. It views the OpenedTicket.
struct TgtPac {
  pac::Pac pac;
  pac::Sid requester;  // the account that got the TGT; whether it is the client still, the caller asks
};

// tgt_revoked (20): there is no PAC or no REQUESTER_SID in it, which is the mark of a TGT. modified (41): it
// is not well formed, there are two, a signature is not right, or CLIENT_INFO is another's. rodc: the number
// of the read-only domain controller whose key it is; 0: it is the realm's own.
Judged<TgtPac> verify_tgt_pac(const OpenedTicket& tgt, const crypto::Key& krbtgt, std::uint16_t rodc = 0);

// The PAC of a ticket whose server signature is another key's, with the two signatures that every PAC has: 20
// where there is none, 41.
Judged<pac::Pac> verify_pac(const OpenedTicket& ticket, const crypto::Key& key, const crypto::Key& krbtgt);

// The signatures that a service ticket's PAC has beside these, by which it is bound to the ticket: 41 where
// one is missing. pac: the ticket's, verified.
Judged<void> verify_further_signatures(const OpenedTicket& ticket, const pac::Pac& pac,
                                       const crypto::Key& krbtgt);
// Both: all four signatures. key: the service's.
Judged<pac::Pac> verify_service_pac(const OpenedTicket& ticket, const crypto::Key& key,
                                    const crypto::Key& krbtgt);

// What a ticket that is given for another one has of that one's PAC: everything but signatures and
// DELEGATION_INFO, which is made anew; ATTRIBUTES and REQUESTER_SID go into TGTs only. A PAC that names a
// type twice does not parse, so nothing is added twice.
enum class PacForm { tgt, service };
pac::Builder copy_pac(const pac::Pac& from, PacForm form);

// CLIENT_INFO's name: the client's without realm [MS-PAC 2.7]. Nothing where it is no UTF-8.
std::optional<std::u16string> client_info_name(const kerberos::PrincipalName& cname);

}  // namespace ferryman::ticket
