#include "policy/policy.h"

#include "kerberos/names.h"

namespace ferryman::policy {
namespace {

bool type_allowed(const Rules& rules, kerberos::RequestKind kind) {
  switch (kind) {
    case kerberos::RequestKind::as_req:
      return rules.as_req;
    case kerberos::RequestKind::tgs_req:
      return rules.tgs_req;
    case kerberos::RequestKind::kpasswd:
      return rules.kpasswd;
  }
  return false;
}

// A PA-ENC-TIMESTAMP that can be seen here stands outside FAST, whatever else the message holds: who reads
// it can try passwords against it.
bool shows_password(const kerberos::Request& request) {
  return request.kind == kerberos::RequestKind::as_req &&
         request.kdc_req->padata.has(kerberos::padata::enc_timestamp);
}

}  // namespace

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::none:
      return {};
    case Rule::message_type:
      return "message_type";
    case Rule::unarmored_password:
      return "unarmored_password";
    case Rule::principal_failures:
      return "principal_failures";
    case Rule::client_failures:
      return "client_failures";
  }
  return {};
}

unsigned event_id(Rule rule) {
  switch (rule) {
    case Rule::unarmored_password:
      return 404;
    case Rule::principal_failures:
    case Rule::client_failures:
      return 403;
    default:
      return 0;
  }
}

Decision decide(const Rules& rules, const kerberos::Request& request) {
  if (!type_allowed(rules, request.kind)) return {Rule::message_type};
  if (!rules.allow_unarmored_password && shows_password(request)) return {Rule::unarmored_password};
  return {};
}

}  // namespace ferryman::policy
