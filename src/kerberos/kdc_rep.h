#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/kdc_req.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// KDC-REP (RFC 4120 5.4.2): what AS-REP and TGS-REP have in common, a view. Heimdal leaves crealm and cname
// empty in an AS-REP within FAST, where the client's names are inside.
struct KdcRep {
  PadataList padata;
  std::string_view crealm;
  PrincipalName cname;
  Ticket ticket;
  EncryptedData enc_part;
};

// AS-REP (msg_type 11) or TGS-REP (13): application tag and msg-type must both say so.
Result<KdcRep> parse_kdc_rep(Bytes message, std::int32_t msg_type);

// The ticket of such a message as it stands there, header and content: what FAST's ticket-checksum is over
// (RFC 6113 5.4.3). Nothing if it cannot be found.
Bytes ticket_octets(Bytes message);

// In the other direction; as for kerberos/codec.h, but that the kind of message is given.
struct WrittenKdcRep {
  std::int32_t msg_type = msg_type::as_rep;  // or msg_type::tgs_rep
  KdcRep rep;
};
void write(der::Writer& writer, const WrittenKdcRep& message);

}  // namespace ferryman::kerberos
