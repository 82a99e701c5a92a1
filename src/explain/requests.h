#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "crypto/keytab.h"
#include "explain/principal.h"
#include "kerberos/krb_error.h"

// What a client sends for its tickets (RFC 4120 3.1 and 3.3), one message at a time, so that each KDC's word
// can be looked at.
namespace ferryman::explain {

// A ticket-granting ticket, of the user's own realm or of another one on the way to the service's.
struct Tgt {
  Octets ticket;  // DER
  crypto::Key session_key;
  std::string realm;  // whose KDC takes it
};

using Etypes = std::vector<std::int32_t>;

std::uint32_t random_nonce();

// For the TGT of the client's realm. key: none: without a proof; else PA-ENC-TIMESTAMP by it.
Octets as_req(const Principal& client, const Etypes& etypes, std::uint32_t nonce, const crypto::Key* key,
              std::int64_t now);

// For a service of the realm that the TGT is for, or whatever that one's KDC refers to.
Octets tgs_req(const Principal& client, const Tgt& tgt, const Principal& service, const Etypes& etypes,
               std::uint32_t nonce, std::int64_t now);

// A key that a KDC has of an account, as it tells who has no ticket yet: PA-ETYPE-INFO2.
struct KeyHint {
  std::int32_t etype = 0;
  std::string salt;
  Octets parameters;
};
struct Hints {
  std::vector<KeyHint> keys;  // of etypes that are served here, in the KDC's order
  bool takes_timestamp = false;
  bool is_ticket = false;  // no proof is asked for
};
// Of an answer to an AS-REQ without a proof: PREAUTH_REQUIRED, or an AS-REP. Of the default salt where none
// is told.
Hints read_hints(Bytes answer, const Principal& client);

// The newest key of the principal in a keytab, of the first of these etypes that it has one of; null: none.
const crypto::KeytabEntry* find_key(const std::vector<crypto::KeytabEntry>& keytab,
                                    const Principal& principal, const Etypes& etypes);

// When a KDC made an error; nothing where it does not say.
std::optional<std::int64_t> time_of(const kerberos::KrbError& error);

}  // namespace ferryman::explain
