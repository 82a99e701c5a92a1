#pragma once

#include "base/bytes.h"
#include "kdc/kdc.h"
#include "ticket/refusal.h"

// PA-AS-FRESHNESS (RFC 8070): a token of the KDC that a client signs with its AuthPack, so that the signature
// is of now. As Windows and Samba write it: two octets 0, then EncryptedData of PA-ENC-TS-ENC under krbtgt's
// key. Nothing is kept of it, and each KDC of the tenant takes it.
namespace ferryman::kdc {

Judged<Octets> make_freshness_token(const Kdc& kdc, Now now);
// preauth_expired (90): it is older than the clocks may differ; preauth_failed (24): it is none of ours.
Judged<void> check_freshness_token(const Kdc& kdc, Bytes token, Now now);

}  // namespace ferryman::kdc
