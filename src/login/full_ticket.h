#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "crypto/key.h"
#include "login/cloud_ticket.h"
#include "login/credential_caches.h"
#include "login/decrypted_reply.h"
#include "login/failure.h"

// How the partial ticket-granting ticket of an Active Directory, which says who a user is and nothing of her
// groups, becomes a full one: a TGS exchange (RFC 4120 3.3) for the krbtgt of the same realm, answered by one
// of its domain controllers as if a read-only one had sent the client there. No socket.
namespace ferryman::login {

// What was asked for, against which the reply is held. A view.
struct AskedTicket {
  Client client;  // it is for the krbtgt of the client's realm
  std::int64_t nonce;
  const crypto::Key& subkey;
};

class FullTicketRequest {
 public:
  // partial: must outlive it. now: seconds since 1970. wants_keys: by KERB-KEY-LIST-REQ [MS-KILE 2.2.11] the
  // user's RC4 key. Fault refused where the partial one is not for its own realm.
  static Outcome<FullTicketRequest> make(const CloudTicket& partial, std::int64_t now, bool wants_keys);

  Bytes message() const { return message_; }  // a TGS-REQ
  AskedTicket asked() const { return {partial_->client(), nonce_, subkey_}; }

 private:
  FullTicketRequest(const CloudTicket& partial, std::int64_t nonce, crypto::Key subkey)
      : partial_(&partial), nonce_(nonce), subkey_(std::move(subkey)) {}

  const CloudTicket* partial_;
  std::int64_t nonce_;
  crypto::Key subkey_;
  Octets message_;
};

// It owns what its views are of.
class FullTicket {
 public:
  // reply: a TGS-REP, or the KRB-ERROR in its place. Fault refused for the latter, and for a reply that is
  // not the one to what was asked.
  static Outcome<FullTicket> read(Octets reply, const AskedTicket& asked);

  Client client() const { return reply_.client(); }
  Credential credential() const { return reply_.credential(); }
  const kerberos::EncKdcRepPart& part() const { return reply_.part(); }
  // Of what etypes keys of the user's came in a KERB-KEY-LIST-REP [MS-KILE 2.2.12]; the keys are gone.
  const std::vector<std::int32_t>& listed_keys() const { return listed_keys_; }

 private:
  explicit FullTicket(DecryptedReply reply) : reply_(std::move(reply)) {}

  DecryptedReply reply_;
  std::vector<std::int32_t> listed_keys_;
};

}  // namespace ferryman::login
