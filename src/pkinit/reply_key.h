#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/etype.h"
#include "crypto/key.h"
#include "kerberos/principal_name.h"
#include "ticket/refusal.h"

namespace ferryman::pkinit {

// How a reply key is made of a shared secret.

// RFC 4556 3.2.3.1, by SHA-1, for a client that knows no other way. Nonces: clientDHNonce and serverDHNonce,
// both or none.
crypto::Key octetstring2key(const crypto::Etype& etype, const Secret& shared, Bytes client_nonce,
                            Bytes server_nonce);

// The functions of RFC 8636 6 that are served.
enum class Kdf : std::uint8_t { sha256, sha512 };

// The content of its OBJECT IDENTIFIER, for DHRepInfo's kdf (RFC 8636 6).
Bytes oid_of(Kdf kdf);

// One of those that a client offers (supportedKDFs, each as the content of an OBJECT IDENTIFIER), SHA-256
// first. 100 (no_acceptable_kdf) where there is none; a client that offers no list gets octetstring2key().
Judged<Kdf> choose_kdf(std::span<const Bytes> offered);

// What is bound into a key with the secret (RFC 8636 6: OtherInfo, PkinitSuppPubInfo).
struct KdfContext {
  std::string_view client_realm;
  kerberos::PrincipalName client;  // both names as they stand in the request
  std::string_view server_realm;
  kerberos::PrincipalName server;
  Bytes as_req;     // the whole message, as it came
  Bytes pk_as_rep;  // the whole PA-PK-AS-REP, as it goes
};

// RFC 8636 6. Nonces are no part of it: they stand in as_req and pk_as_rep.
crypto::Key derive_reply_key(Kdf kdf, const crypto::Etype& etype, const Secret& shared,
                             const KdfContext& context);

}  // namespace ferryman::pkinit
