#pragma once

#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "login/credential_caches.h"
#include "login/failure.h"

namespace ferryman::login {

// The ticket-granting ticket that comes with a primary refresh token: an AS-REP that nobody asked for, whose
// enc-part is encrypted by a key under the session key. It owns what its views are of.
class CloudTicket {
 public:
  // text: the answer's tgt_cloud. Faults: refused where the server has none to give, and says why, or where
  // it is none.
  static Outcome<CloudTicket> open(Bytes text, Bytes session_key);

  Client client() const { return {reply_.cname, reply_.crealm}; }
  Credential credential() const { return {part_, kerberos::ticket_octets(as_rep_)}; }
  const kerberos::EncKdcRepPart& part() const { return part_; }
  // "alice@CLOUD.EXAMPLE.COM".
  std::string principal() const;

 private:
  CloudTicket() = default;
  Outcome<void> read(Octets as_rep, const crypto::Key& key);

  Octets as_rep_;
  Secret plain_;
  kerberos::KdcRep reply_;        // of as_rep_
  kerberos::EncKdcRepPart part_;  // of plain_
};

}  // namespace ferryman::login
