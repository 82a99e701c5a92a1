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
  bool proof = false;                 // an AS-REQ with padata that prove something; see proves_secret()

  // The realm field of KDC-REQ-BODY; empty for kpasswd, which names none.
  std::string_view realm() const;

  // The client sends its padata inside FAST (PA-FX-FAST with armored data, RFC 6113 5.4).
  bool armored() const { return fast; }

  // The client proves that it knows a secret: kpasswd, and an AS-REQ with any padata but those that only ask
  // for something. It may be a guess that counts (PA-ENC-TIMESTAMP), a one-time password that burns, or
  // anything in FAST, which cannot be seen through. A second KDC must not get it once the first may have read
  // it.
  bool proves_secret() const { return proof || kind == RequestKind::kpasswd; }

  // A KDC that is asked twice does no harm.
  bool repeatable() const { return !proves_secret(); }
};

// Reads a request of any of the three kinds. Total: any input gives a view or the first fault, in time
// linear in its size and without allocation.
Result<Request> parse_request(Bytes message);

}  // namespace ferryman::kerberos
