#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "probe/record.h"
#include "probe/tls.h"
#include "probe/url.h"

namespace ferryman::probe {

struct SurveyOptions {
  Target target;
  std::optional<HostPort> connect;  // instead of the target's host
  std::string realm;
  std::string user;  // empty: one that cannot exist
  TlsFiles files;
  std::chrono::milliseconds time{20000};  // for everything
  ExpiryLimits limits;
  // Sends a wrong password for user, which counts towards a lockout.
  bool risk_lockout = false;
};

// Looks at a KDC proxy from outside as clients do: connection and certificate, HTTP as each family of clients
// speaks it, what is refused, whether a KDC of the realm answers. Ends within the time, whatever the proxy
// does. The error is a sentence about files that cannot be read. SIGPIPE must be ignored.
tl::expected<Record, std::string> survey(const SurveyOptions& options);

}  // namespace ferryman::probe
