#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "account/identity.h"
#include "crypto/key.h"
#include "directory/sign_in_records.h"
#include "kdc/as_proof.h"
#include "kdc/kdc.h"
#include "pkinit/agreement.h"
#include "pkinit/reply_key.h"
#include "ticket/refusal.h"

// Logging on by a public key (PKINIT: RFC 4556, RFC 8636, RFC 8070; key trust: [MS-PKCA]).
namespace ferryman::kdc {

// Whether the request has PA-PK-AS-REQ and this KDC serves it.
bool is_by_public_key(const Kdc& kdc, const AsRequest& request);

// What a client has proven by its signature, and what the reply is made with.
struct PublicKeyProof {
  pkinit::PeerKey peer;
  std::uint32_t nonce = 0;
  std::optional<pkinit::Kdf> kdf;  // none: as in RFC 4556
  std::int64_t timestamp = 0;      // microseconds since 1970, of the client's clock
  account::KeyEvidence evidence{};
  std::optional<directory::KeyId> registered_key{};  // whose signature it is; none: a certificate says who
};

// That the client holds the private key of a certificate that is the account's: its public key is registered
// with the account, or an anchor leads to it and it names the account's SID. A name alone is nobody's proof.
// Nothing dear is done before that is known. Codes: those of open_signed(), LogonAnchors::verify() and
// check_purpose(); client_not_trusted (62) for a key that nobody knows; certificate_mismatch (66) for a
// certificate of another account, or of a name alone; client_name_mismatch (75) where it names somebody else;
// preauth_failed (24), skew (37), modified (41), pa_checksum_required (79) for what is signed;
// preauth_expired (90) for an old freshness token; dh_parameters_not_accepted (65), no_acceptable_kdf (100),
// public_key_encryption_not_supported (81).
Judged<PublicKeyProof> prove_by_public_key(const Kdc& kdc, const AsRequest& request, const AsClient& client,
                                           Now now);

// The same of nobody, who signs nothing (RFC 8062 4.1): preauth_failed (24) where somebody has.
Judged<PublicKeyProof> read_unsigned(const Kdc& kdc, const AsRequest& request, Now now);

// The KDC's half: dear.
struct PublicKeyReply {
  Octets padata;  // PA-PK-AS-REP
  crypto::Key key;
};
// Whose the key is. A view. realm: the client's as the ticket will have it, which is another than the
// request's where nobody asks; MIT's client derives the key so.
struct PublicKeyClient {
  const directory::Account& account;
  std::string_view realm;
};
// as_req: the whole message. The key is of the first of the client's etypes that the account may use:
// etype_not_supported (14) where there is none.
Judged<PublicKeyReply> reply_by_public_key(const Kdc& kdc, Bytes as_req, const kerberos::KdcReqBody& body,
                                           const PublicKeyProof& proof, const PublicKeyClient& client);

}  // namespace ferryman::kdc
