#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "login/credential_caches.h"
#include "login/decrypted_reply.h"
#include "login/failure.h"
#include "pkinit/client_signer.h"
#include "pkinit/kdc_anchors.h"

namespace ferryman::login {

// What carries a message to a KDC of the client's realm, and its answer back.
using AskKdc = std::function<Outcome<Octets>(Bytes message)>;

// A ticket-granting ticket by PKINIT (RFC 4556, RFC 8070, RFC 8636) with a key that the KDC knows as the
// client's (key trust, [MS-PKCA]). No socket. Faults: those of ask; refused where the KDC says no, or its
// answer is none to what was asked; failed where the signer gives no signature.
Outcome<DecryptedReply> log_on_by_public_key(const Client& client, const pkinit::ClientSigner& signer,
                                             const pkinit::KdcAnchors& anchors, const AskKdc& ask,
                                             std::int64_t now);

}  // namespace ferryman::login
