#include "policy/failures.h"

#include "base/text.h"
#include "kerberos/names.h"

namespace ferryman::policy {
namespace {

// As many as `count` at once, and in the long run that many in each window.
Rate rate(std::uint32_t count, std::chrono::milliseconds window) {
  if (count == 0) return {};
  return {std::max(std::chrono::microseconds(1), std::chrono::microseconds(window) / count), count};
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  constexpr std::uint64_t fnv_prime = 0x100000001b3;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(ascii_upper(c))) * fnv_prime;
  return hash;
}

// Without case, as AD has its names, so that writing one in another way gives no further tries.
std::uint64_t principal_key(const kerberos::KdcReq& req) {
  constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;
  return mix(mix(mix(fnv_start, req.realm), "/"), as_text(req.cname->name_string)) | 1;
}

std::uint64_t client_key(std::uint64_t client) {
  return client << 1;  // even, where principals are odd
}

}  // namespace

Rule Failures::refused_by(const Rules& rules, const kerberos::Request& request, std::uint64_t client,
                          Clock::time_point now) const {
  if (request.kind != kerberos::RequestKind::as_req) return Rule::none;
  if (client != 0 && rules.client_failures != 0 &&
      !counts_.has(client_key(client), rate(rules.client_failures, rules.failure_window), now)) {
    return Rule::client_failures;
  }
  const kerberos::KdcReq& req = *request.kdc_req;
  if (rules.principal_failures != 0 && req.cname &&
      !counts_.has(principal_key(req), rate(rules.principal_failures, rules.failure_window), now) &&
      !request.armored()) {
    return Rule::principal_failures;
  }
  return Rule::none;
}

void Failures::note(const Rules& rules, const kerberos::Request& request, const kerberos::Reply& reply,
                    std::uint64_t client, Clock::time_point now) {
  namespace code = kerberos::error_code;
  if (request.kind != kerberos::RequestKind::as_req || reply.kind != kerberos::ReplyKind::krb_error) return;
  const bool wrong_password = reply.error_code == code::preauth_failed;
  const bool no_such_user = reply.error_code == code::client_unknown;
  if (client != 0 && rules.client_failures != 0 && (wrong_password || no_such_user)) {
    counts_.take(client_key(client), rate(rules.client_failures, rules.failure_window), now);
  }
  if (rules.principal_failures != 0 && request.kdc_req->cname && wrong_password) {
    counts_.take(principal_key(*request.kdc_req), rate(rules.principal_failures, rules.failure_window), now);
  }
}

}  // namespace ferryman::policy
