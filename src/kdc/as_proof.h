#pragma once

#include <cstdint>
#include <optional>

#include "crypto/key.h"
#include "directory/account.h"
#include "kdc/fast.h"
#include "kdc/kdc.h"
#include "kerberos/whole_kdc_req.h"
#include "ticket/refusal.h"

// Pre-authentication (RFC 4120 5.2.7, RFC 6113 5.4.6): the client proves that it has the account's key.
namespace ferryman::kdc {

// A request as it counts: what stands inside FAST, where there is FAST.
struct AsRequest {
  const kerberos::PadataList& padata;
  const kerberos::KdcReqBody& body;
  const Fast* fast;  // null: there is none
};

// Who is asked for. An unknown client may be answered as if it were known, with a wrong password.
struct AsClient {
  directory::Shared<directory::Principal> principal;  // null: it is unknown, or nobody
  bool is_anonymous = false;                          // nobody (RFC 8062), who may ask
};

struct Proof {
  std::int64_t timestamp = 0;  // microseconds since 1970, of the client's clock
  // PA-ENCRYPTED-CHALLENGE of the KDC, for the reply; empty outside FAST.
  Octets challenge;
};

// PA-ENC-TIMESTAMP, or within FAST, and nowhere else, PA-ENCRYPTED-CHALLENGE. Codes: preauth_required (25)
// with METHOD-DATA where there is neither; client_revoked (18) of a locked account, whatever the key is;
// preauth_failed (24) with PA-ETYPE-INFO2 for a key that is wrong or not there, and for what is not well
// formed; skew (37) of a right key's time.
Judged<Proof> prove(const Kdc& kdc, const AsRequest& request, const AsClient& client, Now now);

// Whether there is such a proof, right or wrong.
bool has_proof(const AsRequest& request);

// PA-ETYPE-INFO2 (RFC 4120 5.2.7.5) of one key, as an element of METHOD-DATA.
void add_etype_info2(MadePadata& list, const directory::LongTermKey& key);

}  // namespace ferryman::kdc
