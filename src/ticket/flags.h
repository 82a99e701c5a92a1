#pragma once

#include <cstdint>

#include "ticket/lifetime.h"

namespace ferryman::ticket {

// TicketFlags (RFC 4120 5.3). What is asked for and not allowed is left out silently.

// What the client, the service and the realm allow together.
struct AllowedFlags {
  bool forwardable = true, proxiable = true;
  bool ok_as_delegate = false;  // the service may have the client's TGT
};

// Of a ticket that an AS-REP holds. Only for a client that has proven its key.
std::uint32_t first_flags(std::uint32_t kdc_options, const AllowedFlags& allowed, const Lifetime& lifetime);
// Of one given for a TGT with those flags.
std::uint32_t derived_flags(std::uint32_t kdc_options, const AllowedFlags& allowed, const Lifetime& lifetime,
                            std::uint32_t tgt_flags);
// Of a TGT that is renewed or validated.
std::uint32_t renewed_flags(std::uint32_t old_flags, const Lifetime& lifetime);

}  // namespace ferryman::ticket
