#pragma once

#include <cstdint>

#include "account/policy.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "ticket/issue.h"

namespace ferryman::account {

// An AS-REP (RFC 4120 5.4.2) that no AS-REQ asked for: whoever has signed in gets it with her primary refresh
// token. Its enc-part is under a key that is made for it.
struct UnaskedReply {
  Octets as_rep;
  Secret key;  // of aes256-cts-hmac-sha1-96
};

// ticket_octets: the ticket's, as it was issued.
UnaskedReply make_unasked_reply(const ticket::NewTicket& ticket, Bytes ticket_octets);

// What such a ticket is, where an AS-REQ would have asked for all there is.
ticket::Lifetime unasked_lifetime(const Policy& policy, std::int64_t now);
std::uint32_t unasked_flags(bool may_go_further, const ticket::Lifetime& lifetime);

}  // namespace ferryman::account
