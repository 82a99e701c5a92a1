#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "account/attempts.h"
#include "account/policy.h"
#include "base/bytes.h"
#include "directory/directory.h"

// A Key Distribution Center (RFC 4120) without socket and clock: octets and the time in, octets out.
namespace ferryman::kdc {

// The KDC's time.
struct Now {
  std::int64_t seconds = 0;  // since 1970
  std::int32_t microseconds = 0;
};

// A tenant's KDC. What it refers to outlives every answer; any number of threads may share it.
struct Kdc {
  directory::Directory& directory;
  const directory::Tenant& tenant;
  const account::Policy& policy;
  account::Attempts& attempts;
};

// What goes back to the client, and what the log says of it. Nothing in it is a secret.
struct Answer {
  Octets message;           // without length prefix; never empty
  std::int32_t code = 0;    // of the KRB-ERROR that was sent or, for kpasswd, of the result; 0: it was done
  std::string_view reason;  // a constant text; empty where it was done
  std::string client, service;  // as asked for; hold any octets, and may be empty
};

// Answers an AS-REQ, a TGS-REQ or a kpasswd request (without length prefix): docs/kdc.md has the checks in
// their order. Total: any octets get an answer. It may wait for the directory.
Answer answer(Bytes request, const Kdc& kdc, Now now);

}  // namespace ferryman::kdc
