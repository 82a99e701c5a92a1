#pragma once

#include <cstdint>
#include <optional>

#include "kerberos/enc_ticket_part.h"
#include "kerberos/whole_kdc_req.h"
#include "ticket/refusal.h"

namespace ferryman::ticket {

// How long tickets are at most, in seconds: the shortest of what client, service and realm allow.
struct LifetimeLimit {
  std::int64_t ticket = std::int64_t{10} * 3600;
  std::int64_t renewable = std::int64_t{7} * 24 * 3600;

  friend LifetimeLimit shorter(const LifetimeLimit& a, const LifetimeLimit& b);
};

// From when to when a ticket is valid, and until when it can be renewed. Seconds since 1970.
struct Lifetime {
  std::int64_t start = 0, end = 0;
  std::optional<std::int64_t> renew_till;  // later than end

  friend bool operator==(const Lifetime&, const Lifetime&) = default;
};

// What is granted (RFC 4120 3.1.3 and 3.3.3): till and rtime of the request as far as the limits go; an
// absent one, and 1970, stands for as long as possible. never_valid (11) where till has passed.

// Of a ticket that an AS-REP holds.
Judged<Lifetime> first_lifetime(const kerberos::KdcReqBody& asked, std::int64_t now, LifetimeLimit limit);
// Of one that is given for a TGT: never beyond that one's end and renew-till.
Judged<Lifetime> derived_lifetime(const kerberos::KdcReqBody& asked, std::int64_t now, LifetimeLimit limit,
                                  const kerberos::EncTicketPart& tgt);
// Of the ticket itself, renewed: the same life again from now on. bad_option (13) where it is not renewable,
// ticket_expired (32) where renew-till has passed.
Judged<Lifetime> renewed_lifetime(std::int64_t now, LifetimeLimit limit, const kerberos::EncTicketPart& old);

}  // namespace ferryman::ticket
