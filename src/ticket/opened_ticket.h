#pragma once

#include <cstdint>
#include <optional>

#include "base/secret.h"
#include "crypto/key.h"
#include "kerberos/ap.h"
#include "kerberos/enc_ticket_part.h"
#include "ticket/refusal.h"

namespace ferryman::ticket {

// A ticket's inside, decrypted, with the octets that it views: nothing of it points into a request.
struct OpenedTicket {
  Secret octets;  // of the EncTicketPart
  kerberos::EncTicketPart part;
  crypto::Key session_key;
};

// bad_integrity (31) for what was not made with that key, or is no EncTicketPart with a key that is served.
Judged<OpenedTicket> open_ticket(const kerberos::Ticket& ticket, const crypto::Key& key);

// The same for the Authenticator of an AP-REQ (RFC 4120 5.5.1). usage: tgs_req_authenticator of a TGS-REQ,
// else ap_req_authenticator.
struct OpenedAuthenticator {
  Secret octets;
  kerberos::Authenticator authenticator;
  std::optional<crypto::Key> subkey;
};
Judged<OpenedAuthenticator> open_authenticator(const kerberos::EncryptedData& encrypted,
                                               const crypto::Key& session_key, std::int32_t usage);

// What RFC 4120 3.2.3 checks once both are open, in this order: the authenticator names the ticket's client
// (36), its time is within skew seconds of the KDC's (37), and check_times().
struct ApCheck {
  std::int64_t now = 0, skew = 0;
  bool validate = false;  // the request is to validate it: an invalid one may be
};
Judged<void> check_ap(const OpenedTicket& ticket, const OpenedAuthenticator& authenticator,
                      const ApCheck& check);
// The ticket is valid now: 33 not yet, or flagged invalid; 32 no longer, also to be renewed. Skew is granted
// for its start, none for its end.
Judged<void> check_times(const OpenedTicket& ticket, const ApCheck& check);

}  // namespace ferryman::ticket
