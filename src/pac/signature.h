#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/key.h"
#include "pac/pac.h"

// The signatures of a PAC [MS-PAC 2.8]: all keyed checksums with key usage 17, of the one mandatory type of
// the key. They cover each other, and are made in this order:
//
//   ticket (16)  krbtgt key   EncTicketPart with the PAC's octets replaced by one zero; not in TGTs
//   full (19)    krbtgt key   the whole PAC, signatures of 6, 7 and 19 zero; not in TGTs
//   server (6)   ticket key   the whole PAC, signatures of 6 and 7 zero
//   KDC (7)      krbtgt key   the signature of 6
//
// Zero is everything behind the signature's type, the RODCIdentifier with it.
namespace ferryman::pac {

inline constexpr std::int32_t signature_usage = 17;

// PAC_SIGNATURE_DATA.
struct Signature {
  std::int32_t type = 0;
  Bytes octets;
  std::optional<std::uint16_t> rodc;  // RODCIdentifier: the number of the read-only DC that made it

  // Faults: truncated; unsupported for a checksum type that no key here has; trailing_bytes.
  static Result<Signature> parse(Bytes buffer);
};

// The key of the krbtgt account that issues a ticket.
struct KdcKey {
  const crypto::Key& key;
  // Of a read-only DC, or what looks like one: the number of its krbtgt account, the high half of the kvno. 0
  // for the domain's own krbtgt.
  std::uint16_t rodc = 0;
};

// What is right has a value. Faults: missing_field where there is no such signature; those of
// Signature::parse(); bad_integrity where it was not made with that key, is of another type than the key's
// mandatory one, or names another read-only DC. One that names none may be an RODC's too.
Result<void> verify_server(const Pac& pac, const crypto::Key& ticket_key);
Result<void> verify_kdc(const Pac& pac, const KdcKey& krbtgt);
Result<void> verify_full(const Pac& pac, const KdcKey& krbtgt);
// ticket: EncTicketPart as ticket_to_sign() of pac/ticket.h gives it.
Result<void> verify_ticket(const Pac& pac, const KdcKey& krbtgt, Bytes ticket);

}  // namespace ferryman::pac
