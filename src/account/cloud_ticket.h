#pragma once

#include <cstdint>
#include <string>

#include "account/policy.h"
#include "account/unasked_reply.h"
#include "directory/directory.h"
#include "ticket/refusal.h"

namespace ferryman::account {

// A TGT of the tenant that no AS-REQ asked for.
struct CloudTicket {
  UnaskedReply reply;
  std::string client;  // the name in it, without its realm
};

// For whom, by which PRT, and when.
struct CloudTicketFor {
  const directory::Principal& user;
  const directory::PrtId& prt;
  std::int64_t now = 0;
};

// A TGT that is good for as long as the PRT is: its id stands in the ticket (kerberos/numbers.h,
// authorization_data::prt). The user may log on; the caller has seen to that.
Judged<CloudTicket> make_cloud_ticket(directory::Directory& directory, const directory::Tenant& tenant,
                                      const Policy& policy, const CloudTicketFor& wanted);

}  // namespace ferryman::account
