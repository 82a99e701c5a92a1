#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/codec.h"
#include "kerberos/padata.h"
#include "kerberos/parts.h"
#include "kerberos/whole_kdc_req.h"

namespace ferryman::kerberos {

// Flexible Authentication Secure Tunneling (RFC 6113 5.4).

// PA-FX-FAST-REQUEST (RFC 6113 5.4.2), the value of a PA-FX-FAST element of a request: armored-data, the only
// alternative there is, which is a KrbFastArmoredReq.
struct FastArmoredReq {
  std::optional<std::int32_t> armor_type;  // fast_armor. Absent in a TGS-REQ with implicit armor
  Bytes armor_value;                       // of fast_armor::ap_request: an AP-REQ
  Checksum req_checksum;
  EncryptedData enc_fast_req;
};

// KrbFastReq (RFC 6113 5.4.2), which enc-fast-req holds. It stands in for the request's own padata and body.
struct FastReq {
  std::uint32_t fast_options = 0;
  PadataList padata;
  KdcReqBody body;
};

// PA-FX-FAST-REPLY (RFC 6113 5.4.3), the value of a PA-FX-FAST element of a KDC-REP or METHOD-DATA:
// armored-data, which is a KrbFastArmoredRep.
struct FastArmoredRep {
  EncryptedData enc_fast_rep;
};

// KrbFastFinished (RFC 6113 5.4.3).
struct FastFinished {
  std::int64_t timestamp = 0;  // seconds since 1970
  std::int32_t usec = 0;
  std::string_view crealm;
  PrincipalName cname;
  Checksum ticket_checksum;  // over the Ticket's octets (ticket_octets() in kerberos/kdc_rep.h)
};

// KrbFastResponse (RFC 6113 5.4.3), which enc-fast-rep holds.
struct FastResponse {
  PadataList padata;
  std::optional<EncryptionKey> strengthen_key;
  std::optional<FastFinished> finished;
  std::int64_t nonce = 0;  // as in the inner request
};

// Reads the value of a PA-FX-FAST element of a request.
Result<FastArmoredReq> parse_fast_armored_req(Bytes padata_value);

void read(der::Reader& reader, FastArmoredReq& out);
void write(der::Writer& writer, const FastArmoredReq& req);
void read(der::Reader& reader, FastReq& out);
void write(der::Writer& writer, const FastReq& req);
void read(der::Reader& reader, FastArmoredRep& out);
void write(der::Writer& writer, const FastArmoredRep& rep);
void read(der::Reader& reader, FastFinished& out);
void write(der::Writer& writer, const FastFinished& finished);
void read(der::Reader& reader, FastResponse& out);
void write(der::Writer& writer, const FastResponse& response);

}  // namespace ferryman::kerberos
