#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/key.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/parts.h"
#include "pac/builder.h"
#include "ticket/authorization.h"
#include "ticket/lifetime.h"
#include "ticket/ticket_pac.h"

namespace ferryman::ticket {

// What a new ticket says; a view.
struct NewTicket {
  std::string_view realm;  // that issues it
  kerberos::PrincipalName sname;
  std::string_view crealm;
  kerberos::PrincipalName cname;
  const crypto::Key& session_key;
  std::uint32_t flags = 0;
  std::int64_t authtime = 0;
  Lifetime lifetime;
  kerberos::HostAddresses caddr;
  const AuthorizationList& authorization;  // beside the PAC
};

// What a reply's enc-part tells the client of the ticket (RFC 4120 5.4.2); a view. Tag, last-req, nonce and
// what else there is the caller adds.
kerberos::EncKdcRepPart reply_part(const NewTicket& ticket);

// With which keys: that of the service, or for user-to-user a session key, which has no version.
struct SealingKeys {
  const crypto::Key& service;
  std::optional<std::uint32_t> kvno;
  const crypto::Key& krbtgt;  // signs the PAC
  std::uint16_t rodc = 0;     // the number of the krbtgt's account, where it is a read-only KDC's
};

// The Ticket (RFC 4120 5.3), with the signed PAC as its first authorization data, alone in an
// AD-IF-RELEVANT. form: service for all but krbtgt and kadmin/changepw [MS-PAC 2.8.3]. Empty where a time has
// no encoding.
Octets issue(const NewTicket& ticket, const pac::Builder& pac, PacForm form, const SealingKeys& keys);
// One without a PAC: nobody's.
Octets issue_without_pac(const NewTicket& ticket, const crypto::Key& service, std::uint32_t kvno);

}  // namespace ferryman::ticket
