#pragma once

#include <cstddef>
#include <cstdint>

#include "base/secret.h"
#include "directory/account.h"
#include "kdc/kdc.h"
#include "kerberos/enc_ticket_part.h"
#include "kerberos/padata.h"
#include "ticket/refusal.h"

// Partial TGTs: a read-only domain controller has a krbtgt key of its own, and vouches by it for some
// accounts. Such a TGT is exchanged for a ticket of the realm's own. Only who its client is, its times and
// some flags are taken from it, never what its PAC says of the client; and no more than its maker may say.
namespace ferryman::kdc {

// Whether the read-only domain controller may vouch for the client: tgt_revoked (20) where it is in none of
// the groups that are allowed to that one, or in one that is denied, or is sensitive. bad_key_version (44)
// where there is none of that number any more.
Judged<void> check_vouched_for(const Kdc& kdc, std::uint16_t rodc, const directory::Principal& client);

// Takes the flags away that only the realm's own KDC says. ticket_not_yet_valid (33) where the client is said
// to have proven its key in the future.
Judged<void> limit_partial_tgt(const Kdc& kdc, kerberos::EncTicketPart& part, Now now);

// KERB-KEY-LIST-REP [MS-KILE 2.2.12], and how many keys are in it. Empty: there are none.
struct ListedKeys {
  Secret octets;
  std::size_t count = 0;
};
// The client's keys of the encryption types that the padata asks for [MS-KILE 2.2.11], in their order, if the
// client is marked for that. Padata that cannot be read asks for none.
Judged<ListedKeys> list_keys(const Kdc& kdc, const directory::Principal& client,
                             const kerberos::PadataList& padata);

}  // namespace ferryman::kdc
