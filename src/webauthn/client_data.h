#pragma once

#include <string>

#include "base/bytes.h"
#include "webauthn/fault.h"

namespace ferryman::webauthn {

// What the client, a browser as a rule, says of the ceremony (WebAuthn Level 2, 5.8.1).
struct ClientData {
  std::string type{}, challenge{}, origin{};  // challenge: in base64url
  bool cross_origin = false;
  bool token_binding = false;  // it says that the connection's TLS is bound to tokens (RFC 8471)

  // JSON. Members that are not known are read over. Fault malformed.
  static Outcome<ClientData> parse(Bytes json);
};

}  // namespace ferryman::webauthn
