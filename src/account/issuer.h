#pragma once

#include <cstdint>
#include <string_view>

#include "account/policy.h"
#include "crypto/key.h"
#include "directory/directory.h"
#include "kerberos/parts.h"
#include "pac/builder.h"
#include "ticket/issue.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"
#include "ticket/ticket_pac.h"

namespace ferryman::account {

// The number of the read-only domain controller whose krbtgt a TGT is under, as its kvno says ([MS-KILE]
// 3.1.5.8): it is a partial TGT. 0: it is the realm's own.
std::uint16_t rodc_of(const kerberos::Ticket& tgt);

// Makes and opens a tenant's tickets. No key of a service or of krbtgt leaves it. Any thread may use it; what
// it refers to must outlive it.
class Issuer {
 public:
  Issuer(directory::Directory& directory, const directory::Tenant& tenant, const Policy& policy)
      : directory_(directory), tenant_(tenant), policy_(policy) {}

  // A ticket that is said to be for the realm's krbtgt, a partial one too: bad_key_version (44) where its
  // kvno and etype are not there, or not any more, bad_integrity (31). What is in it was not judged.
  Judged<ticket::OpenedTicket> open(const kerberos::Ticket& tgt) const;
  // Its PAC, with the key that the ticket was opened with: 20, 41 as ticket::verify_tgt_pac() says.
  Judged<ticket::TgtPac> verify_pac(const kerberos::Ticket& tgt, const ticket::OpenedTicket& opened) const;

  // A ticket for that service, whatever name it has on it, and the key that it is under: bad_key_version
  // (44), bad_integrity (31). What is in it was not judged.
  struct ServiceTicket {
    ticket::OpenedTicket opened;
    directory::Shared<crypto::Key> key;
  };
  Judged<ServiceTicket> open_service_ticket(const directory::Account& service,
                                            const kerberos::Ticket& ticket) const;
  // Its PAC, which views it, with all four signatures: tgt_revoked (20) where there is none, modified (41).
  Judged<pac::Pac> verify_service_pac(const ServiceTicket& ticket) const;

  // A ticket for kadmin/changepw, whatever service it names, with its PAC's signatures verified (the PAC
  // views it): bad_key_version (44), bad_integrity (31), 20 and 41 as ticket::verify_pac() says.
  struct PasswordTicket {
    ticket::OpenedTicket ticket;
    pac::Pac pac;
  };
  Judged<PasswordTicket> open_password_ticket(const kerberos::Ticket& ticket) const;

  // A ticket for the service, under its best key: etype_not_supported (14) where it has none.
  Judged<Octets> issue(const directory::Principal& service, const ticket::NewTicket& ticket,
                       const pac::Builder& pac) const;
  // A TGT for nobody (RFC 8062), which has no PAC.
  Judged<Octets> issue_anonymous(const directory::Principal& krbtgt, const ticket::NewTicket& ticket) const;
  // One for user-to-user (RFC 4120 3.7), under the session key of the other user's TGT.
  Judged<Octets> issue_user_to_user(const crypto::Key& session_key, const ticket::NewTicket& ticket,
                                    const pac::Builder& pac) const;

 private:
  // A PAC that is not in a TGT, and who signed it, as far as its server and KDC signatures say.
  struct SignedPac {
    pac::Pac pac;
    directory::Shared<crypto::Key> signer;
  };
  Judged<SignedPac> verify_other_pac(const ServiceTicket& ticket) const;
  Judged<directory::Shared<crypto::Key>> krbtgt_key(const kerberos::EncryptedData& encrypted) const;
  Judged<directory::Shared<crypto::Key>> rodc_key(const kerberos::Ticket& tgt) const;
  Judged<directory::Shared<crypto::Key>> tgt_key(const kerberos::Ticket& tgt) const;
  Judged<directory::Shared<directory::Principal>> own(std::string_view first, std::string_view second) const;
  Judged<directory::Shared<directory::Principal>> krbtgt() const { return own("krbtgt", tenant_.realm); }
  // With the kvno that it has.
  struct VersionedKey {
    directory::Shared<crypto::Key> key;
    std::uint32_t kvno;
  };
  Judged<VersionedKey> best_key(const directory::Principal& service) const;

  directory::Directory& directory_;
  const directory::Tenant& tenant_;
  const Policy& policy_;
};

// A failure of the directory that is none of the client's: it may ask another KDC.
Refusal unavailable(const directory::Failure& failure);

}  // namespace ferryman::account
