#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/kdc_req.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// KDC-REP (RFC 4120 5.4.2): what AS-REP and TGS-REP have in common, a view.
struct KdcRep {
  PadataList padata;
  std::string_view crealm;
  PrincipalName cname;
  Ticket ticket;
  EncryptedData enc_part;
};

// AS-REP (msg_type 11) or TGS-REP (13): application tag and msg-type must both say so.
Result<KdcRep> parse_kdc_rep(Bytes message, std::int32_t msg_type);

}  // namespace ferryman::kerberos
