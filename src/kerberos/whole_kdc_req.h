#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kerberos/codec.h"
#include "kerberos/kdc_req.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

using Tickets = Elements<Ticket, limits::max_additional_tickets>;

// KDC-REQ-BODY (RFC 4120 5.4.1), all of it. Times are seconds since 1970.
struct KdcReqBody {
  Bytes octets;  // as received, which is what checksums are over; write() does not look at it
  std::uint32_t kdc_options = 0;
  std::optional<PrincipalName> cname;
  std::string_view realm;
  std::optional<PrincipalName> sname;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> till;  // RFC 4120 requires it; Heimdal's definition does not
  std::optional<std::int64_t> rtime;
  std::int64_t nonce = 0;  // from -2^31 to 2^32 - 1, as peers write it; the reply has the same
  EtypeList etypes;        // at most limits::max_etypes
  HostAddresses addresses;
  std::optional<EncryptedData> enc_authorization_data;
  Tickets additional_tickets;
};

// AS-REQ or TGS-REQ. The AP-REQ of a TGS-REQ, as received, is the value of its padata::tgs_req.
struct WholeKdcReq {
  std::int32_t msg_type = msg_type::as_req;  // or msg_type::tgs_req
  PadataList padata;
  KdcReqBody body;
};

void read(der::Reader& reader, KdcReqBody& out);
void write(der::Writer& writer, const KdcReqBody& body);
void read(der::Reader& reader, WholeKdcReq& out);
void write(der::Writer& writer, const WholeKdcReq& req);

}  // namespace ferryman::kerberos
