#pragma once

#include <string>
#include <utility>

#include "base/bytes.h"
#include "login/credential_caches.h"
#include "login/decrypted_reply.h"
#include "login/failure.h"

namespace ferryman::login {

// A ticket-granting ticket that comes with a primary refresh token: an AS-REP that nobody asked for, whose
// enc-part is encrypted by a key under the session key. It is the tenant's own (tgt_cloud), or a partial one
// of an Active Directory (tgt_ad).
class CloudTicket {
 public:
  // text: the answer's tgt_cloud or tgt_ad. Faults: refused where the server has none to give, and says why,
  // or where it is none.
  static Outcome<CloudTicket> open(Bytes text, Bytes session_key);

  Client client() const { return reply_.client(); }
  Credential credential() const { return reply_.credential(); }
  const kerberos::Ticket& ticket() const { return reply_.ticket(); }
  const kerberos::EncKdcRepPart& part() const { return reply_.part(); }
  // "alice@CLOUD.EXAMPLE.COM".
  std::string principal() const { return reply_.principal(); }

 private:
  explicit CloudTicket(DecryptedReply reply) : reply_(std::move(reply)) {}

  DecryptedReply reply_;
};

}  // namespace ferryman::login
