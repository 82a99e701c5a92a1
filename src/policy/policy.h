#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "kerberos/request.h"

namespace ferryman::policy {

// What a realm lets in; the part of the configuration that this folder reads.
struct Rules {
  bool as_req = true;  // allowed message types
  bool tgs_req = true;
  bool kpasswd = true;
  // KPSSVC's DisallowUnprotectedPasswordAuth = 0: PA-ENC-TIMESTAMP outside FAST is let through.
  bool allow_unarmored_password = false;
  // Failed logons within failure_window after which a principal outside FAST, or a client, is refused before
  // the KDC sees it; 0: never. See policy/failures.h.
  std::uint32_t principal_failures = 0, client_failures = 0;
  std::chrono::milliseconds failure_window{600'000};
};

// The rule that refused, and KPSSVC's event id where it has one.
enum class Rule : std::uint8_t {
  none,
  message_type,
  unarmored_password,
  principal_failures,
  client_failures
};

struct Decision {
  Rule refused_by = Rule::none;
  bool allowed() const { return refused_by == Rule::none; }
};

std::string_view name(Rule rule);  // "message_type", ...
unsigned event_id(Rule rule);      // 404 for unarmored_password, 403 for failures, 0 where KPSSVC has none

// Pure: the same request and rules give the same decision.
Decision decide(const Rules& rules, const kerberos::Request& request);

}  // namespace ferryman::policy
