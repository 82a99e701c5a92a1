#pragma once

#include <optional>

#include "base/secret.h"
#include "crypto/key.h"
#include "kdc/kdc.h"
#include "kerberos/fast.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/whole_kdc_req.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"

// Flexible Authentication Secure Tunneling (RFC 6113 5.4).
namespace ferryman::kdc {

using MadePadata = kerberos::Made<kerberos::PadataList>;

// A request's inside, with the octets that it views.
struct Fast {
  Secret octets;
  kerberos::FastReq req;
  crypto::Key armor_key;

  bool hides_client() const;
};

// Nothing where the request has no PA-FX-FAST. Codes: preauth_failed (24) for what is not well formed, an
// armor of another type than an AP-REQ's, or one without subkey; server_mismatch (26) for an armor ticket for
// something else than this realm's krbtgt; what opening a TGT gives; inappropriate_checksum (50) for one
// that is not keyed; modified (41); unknown_critical_fast_options (93).
Judged<std::optional<Fast>> open_as_fast(const Kdc& kdc, const kerberos::WholeKdcReq& outer, Now now);
// The same within a TGS-REQ, whose AP-REQ is the armor. Explicit armor is refused: 24.
Judged<std::optional<Fast>> open_tgs_fast(const kerberos::WholeKdcReq& outer, const ticket::OpenedTicket& tgt,
                                          const ticket::OpenedAuthenticator& authenticator);

// What strengthens the reply's key, and that key then.
struct Strengthened {
  crypto::Key strengthen_key, reply_key;
};
Strengthened strengthen(const crypto::Key& reply_key);

// PA-FX-FAST of a reply. inner: what the reply's padata would be.
struct FastReply {
  const MadePadata& inner;
  const crypto::Key& strengthen_key;
  std::string_view crealm;
  kerberos::PrincipalName cname;
  Bytes ticket;
  Now now;
};
MadePadata fast_reply(const Fast& fast, const FastReply& reply);

// METHOD-DATA of an error inside FAST: PA-FX-FAST alone. error: KRB-ERROR without e-data. hints: further
// elements of METHOD-DATA, encoded; empty: none.
Octets fast_error(const Fast& fast, Bytes error, Bytes hints);

}  // namespace ferryman::kdc
