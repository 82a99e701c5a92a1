#pragma once

#include "kerberos/authorization_data.h"
#include "kerberos/elements.h"
#include "ticket/refusal.h"

namespace ferryman::ticket {

using AuthorizationList = kerberos::Made<kerberos::AuthorizationData>;

// Which elements go from a TGT or from a request into a ticket: all but those that only a KDC makes (PAC,
// CAMMAC, AD-KDC-ISSUED, authentication indicators, MIT's signature), so that no client plants one. A
// container with one of them inside is left out whole. policy (12) where there is an AD-MANDATORY-FOR-KDC,
// which nothing here understands, or what cannot be read.
Judged<void> add_permitted(const kerberos::AuthorizationData& from, AuthorizationList& to);

// Of the ticket's list. An armor ticket that FAST alone may use (AD-fx-fast-armor, RFC 6113 5.4.1.1) is for
// no TGS-REQ.
Judged<bool> is_armor_only(const kerberos::AuthorizationData& list);

}  // namespace ferryman::ticket
