#pragma once

#include <string_view>

#include "kdc/as_proof.h"
#include "kdc/kdc.h"
#include "kdc/reply.h"
#include "kerberos/principal_name.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"

// Anonymous clients (RFC 8062 4.1): only the KDC signs its half of the key agreement. Clients that have no
// other ticket armor FAST with such a TGT.
namespace ferryman::kdc {

inline constexpr std::string_view anonymous_realm = "WELLKNOWN:ANONYMOUS";
kerberos::Name anonymous_name();

// Whether this KDC gives and takes anonymous TGTs.
bool serves_anonymous(const Kdc& kdc);
bool is_anonymous_name(const kerberos::PrincipalName& name);
bool is_anonymous(const ticket::OpenedTicket& tgt);

// The TGT and its reply, with the KDC's part of the session key (RFC 8062 appendix A). krbtgt: the service.
// Nothing is forwardable or renewable. Codes: preauth_required (25) with METHOD-DATA without PA-PK-AS-REQ;
// preauth_failed (24) where somebody has signed it; those of prove_by_public_key() for what else is in it.
Judged<MadeReply> give_anonymous_tgt(Bytes as_req, const AsRequest& request,
                                     const directory::Principal& krbtgt, const Kdc& kdc, Now now);

}  // namespace ferryman::kdc
