#pragma once

#include <optional>

#include "kerberos/authorization_data.h"
#include "kerberos/elements.h"
#include "ticket/refusal.h"

namespace ferryman::ticket {

using AuthorizationList = kerberos::Made<kerberos::AuthorizationData>;

// Which elements go from a TGT or from a request into a ticket: all but those that only a KDC makes (PAC,
// CAMMAC, AD-KDC-ISSUED, authentication indicators, MIT's signature, what binds a TGT), so that no client
// plants one. A container with one of them inside is left out whole. policy (12) where there is an
// AD-MANDATORY-FOR-KDC, which nothing here understands, or what cannot be read.
Judged<void> add_permitted(const kerberos::AuthorizationData& from, AuthorizationList& to);

// What a ticket's list is: its PAC, or what stands for it while the ticket is signed, in front of the others.
AuthorizationList with_pac(Bytes pac, const AuthorizationList& others);
// policy (12) where such a list could not be read again (kerberos/limits.h): a KDC gives no ticket that it
// does not take back.
Judged<void> check_fits(const AuthorizationList& others);
tl::unexpected<Refusal> too_much_authorization();

// What a TGT is bound to, which is good for as long as that is: the octets of an id.
struct Binding {
  std::optional<Bytes> prt;             // the primary refresh token that it came with
  std::optional<Bytes> registered_key;  // the public key by which the user logged on, who has registered it
};
Binding binding_of(const kerberos::AuthorizationData& tgt);
// It goes into another TGT that is given for that one.
void add_binding(const Binding& binding, AuthorizationList& to);

// Of the ticket's list or the authenticator's. What FAST's armor alone may be (AD-fx-fast-armor, RFC
// 6113 5.4.1.1) is for no TGS-REQ.
Judged<bool> is_armor_only(const kerberos::AuthorizationData& list);
// Of the authenticator's list: the client says that its request uses FAST (AD-fx-fast-used, RFC 6113 5.4.2).
Judged<bool> says_fast_used(const kerberos::AuthorizationData& list);

}  // namespace ferryman::ticket
