#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// PA-FX-FAST-REQUEST's armored-data (RFC 6113 5.4.2).
struct FastArmoredReq {
  std::optional<std::int32_t> armor_type;  // 1: an AP-REQ. Absent in a TGS-REQ with implicit armor
  Bytes armor_value;
  EncryptedData enc_fast_req;
};

// Reads the value of a PA-FX-FAST element of a request.
Result<FastArmoredReq> parse_fast_armored_req(Bytes padata_value);

}  // namespace ferryman::kerberos
