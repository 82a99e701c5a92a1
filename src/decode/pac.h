#pragma once

#include "base/bytes.h"
#include "decode/keys.h"
#include "decode/node.h"

namespace ferryman::decode {

// With what a PAC's checksums are compared; both may be null.
struct PacChecker {
  const KeyRing* keys = nullptr;  // for the KDC's checksum
  KeyPointer ticket_key;          // for the server's
};

struct PacOptions {
  bool full = false;
  bool secrets = false;
};

// A PAC [MS-PAC]: its buffers, and what is in those that tell who the user is. Total and linear; what does
// not fit is told in the nodes.
Node decode_pac(Bytes pac, const PacOptions& options, const PacChecker& checker);

// KERB_VALIDATION_INFO [MS-PAC 2.5] behind the NDR headers of type serialization [MS-RPCE 2.2.6].
void decode_logon_info(Node& node, Bytes buffer, const PacOptions& options);

}  // namespace ferryman::decode
