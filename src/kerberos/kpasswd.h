#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// Kerberos change and set password (RFC 3244 2): 2 octets length of the whole, 2 octets version, 2 octets
// length of the AP-REQ or AP-REP, that, and a KRB-PRIV (or in an answer without AP-REP a KRB-ERROR).

struct KpasswdRequest {
  std::uint16_t version = 0;
  ApReq ap_req;
};

// Whether the bytes can only be meant as kpasswd: the length fits and the version is known. Tells requests
// and replies from the other messages; their first octet may have any value.
bool looks_like_kpasswd(Bytes message);

Result<KpasswdRequest> parse_kpasswd_request(Bytes message);

// error_code: of the KRB-ERROR in an answer that carries one; 0 otherwise.
struct KpasswdReply {
  std::int32_t error_code = 0;
};

Result<KpasswdReply> parse_kpasswd_reply(Bytes message);

}  // namespace ferryman::kerberos
