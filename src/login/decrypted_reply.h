#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "login/credential_caches.h"

namespace ferryman::login {

// A KDC's reply with a ticket, and what is encrypted in it. It owns what its views are of; whether they agree
// with each other is for its user to say.
class DecryptedReply {
 public:
  // msg_type: as_rep or tgs_rep. The error says why it is none: "it is no AS-REP".
  static tl::expected<DecryptedReply, std::string_view> open(Octets message, std::int32_t msg_type,
                                                             const crypto::Key& key, std::int32_t usage);

  Client client() const { return {reply_.cname, reply_.crealm}; }
  const kerberos::Ticket& ticket() const { return reply_.ticket; }
  const kerberos::EncKdcRepPart& part() const { return part_; }
  Credential credential() const { return {part_, kerberos::ticket_octets(message_)}; }
  // "alice@CLOUD.EXAMPLE.COM".
  std::string principal() const;

  // Overwrites what is encrypted beside the ticket; it is no longer in part().
  void wipe_encrypted_padata();

 private:
  explicit DecryptedReply(Octets message) : message_(std::move(message)) {}

  Octets message_;
  Secret plain_;
  kerberos::KdcRep reply_;        // of message_
  kerberos::EncKdcRepPart part_;  // of plain_
};

}  // namespace ferryman::login
