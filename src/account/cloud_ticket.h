#pragma once

#include <cstdint>
#include <string>

#include "account/policy.h"
#include "base/secret.h"
#include "directory/directory.h"
#include "ticket/refusal.h"

namespace ferryman::account {

// A TGT that no AS-REQ asked for: whoever has signed in gets it with her primary refresh token. It comes in
// an AS-REP (RFC 4120 5.4.2) whose enc-part is under a key that is made for it.
struct CloudTicket {
  Octets as_rep;
  Secret key;          // of aes256-cts-hmac-sha1-96
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
