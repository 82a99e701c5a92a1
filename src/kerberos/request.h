#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/kdc_req.h"

namespace ferryman::kerberos {

// The three messages that a KDC proxy carries towards a KDC [MS-KKDCP 1.3].
enum class RequestKind : std::uint8_t { as_req, tgs_req, kpasswd };

std::string_view name(RequestKind kind);  // "AS-REQ", "TGS-REQ", "KPASSWD"

// A view of one request, without its length prefix. Valid as long as the bytes are.
struct Request {
  RequestKind kind = RequestKind::as_req;
  Bytes bytes;                        // the whole message, as it goes to the KDC
  std::optional<KdcReq> kdc_req;      // AS-REQ and TGS-REQ; nothing for kpasswd
  std::uint16_t kpasswd_version = 0;  // 1 or 0xff80 (RFC 3244); 0 for the others
  bool fast = false;                  // there is a PA-FX-FAST with armored data

  // The realm field of KDC-REQ-BODY; empty for kpasswd, which names none.
  std::string_view realm() const;

  // The client sends its padata inside FAST (PA-FX-FAST with armored data, RFC 6113 5.4).
  bool armored() const { return fast; }

  // A one-time password may be inside: PA-OTP-REQUEST, PA-SAM-RESPONSE*, or anything in FAST, which
  // cannot be seen through, in an AS-REQ. Such a message must never reach a second KDC.
  bool may_carry_otp() const;

  // A KDC that is asked twice does no harm: everything but kpasswd and may_carry_otp().
  bool repeatable() const;
};

// Reads a request of any of the three kinds. Total: any input gives a view or the first fault, in time
// linear in its size and without allocation.
Result<Request> parse_request(Bytes message);

}  // namespace ferryman::kerberos
