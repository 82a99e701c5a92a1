#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "directory/account.h"
#include "directory/tenant.h"
#include "kerberos/principal_name.h"
#include "pac/builder.h"
#include "pac/logon_info.h"
#include "pac/sid.h"

// Who an account is, in names and in a PAC.
namespace ferryman::account {

// Nothing where the tenant's SID is none, which a directory never stores.
std::optional<pac::Sid> sid_of(const directory::Tenant& tenant, const directory::Account& account);

// The canonical name.
kerberos::Name canonical_name(const directory::Account& account);

// Whether tickets are given for it: it has an SPN, or is what every realm has.
bool is_service(const directory::Account& account);

// Whose word it is that a ticket's client is who it is [MS-SFU 3.2.5.1.2]: the KDC's, which saw a proof of
// the key, or that of a service, which the ticket is for.
enum class AssertedBy : std::uint32_t { authority = 1, service = 2 };

// How a client has proven its key, where it was a public one [MS-PAC 2.2.1], [MS-DTYP 2.4.2.4]: by a
// signature that could not be made in advance (S-1-18-3), and by a key that is registered with the account
// (S-1-18-4).
struct KeyEvidence {
  bool fresh = false, key_trust = false;
};

// KERB_VALIDATION_INFO with the groups. The account is the tenant's.
pac::LogonInfo logon_info(const directory::Tenant& tenant, const directory::Principal& principal,
                          std::int64_t authtime, AssertedBy asserted = AssertedBy::authority);

// All of a new ticket's PAC but its signatures. cname: the ticket's. requested: PA-PAC-REQUEST asked for it;
// it is in every ticket all the same. REQUESTER_SID and ATTRIBUTES are in it for a TGT only.
struct PacSubject {
  const directory::Tenant& tenant;
  const directory::Principal& principal;
  kerberos::PrincipalName cname;
  std::int64_t authtime = 0;
  bool requested = false;
  bool for_tgt = true;
  AssertedBy asserted = AssertedBy::authority;
  KeyEvidence key{};
};
// Nothing where a name is no UTF-8 or the tenant's SID is none.
std::optional<pac::Builder> make_pac(const PacSubject& subject);

}  // namespace ferryman::account
