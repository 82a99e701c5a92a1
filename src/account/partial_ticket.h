#pragma once

#include <cstdint>

#include "account/policy.h"
#include "account/unasked_reply.h"
#include "directory/ad_link.h"
#include "ticket/refusal.h"

namespace ferryman::account {

// For whom, and when.
struct PartialTicketFor {
  const directory::AdIdentity& who;
  bool may_go_further = true;  // the ticket may be forwarded
  std::int64_t now = 0;
};

// A partial TGT of an on-premises domain, as its read-only domain controller krbtgt_NNNNN would give it: its
// PAC says who the user is, by her own SID there, and names no group. A full domain controller gives a full
// one for it, with what its directory says of her, if the domain lets that read-only one speak for her.
// generic (60): her SID is none of the domain's, or her name has no place in a PAC.
Judged<UnaskedReply> make_partial_ticket(const Policy& policy, const PartialTicketFor& wanted);

}  // namespace ferryman::account
