#include "policy/failures.h"

#include <algorithm>
#include <utility>

#include "kerberos/names.h"
#include "kerberos/salt.h"

namespace ferryman::policy {
namespace {

// As many as `count` at once, and in the long run that many in each window.
Rate rate(std::uint32_t count, std::chrono::milliseconds window) {
  if (count == 0) return {};
  return {std::max(std::chrono::microseconds(1), std::chrono::microseconds(window) / count), count};
}

Rate principal_rate(const Rules& rules) {
  return rate(rules.principal_failures, rules.failure_window);
}

Rate client_rate(const Rules& rules) {
  return rate(rules.client_failures, rules.failure_window);
}

std::uint64_t client_key(std::uint64_t client) {
  return client << 1;  // even, where accounts are odd
}

// What an AS-REQ may carry that proves nothing: PA-PAC-REQUEST, PA-REQ-ENC-PA-REP, PA-AS-FRESHNESS,
// PA-SUPPORTED-ENCTYPES, PA-PAC-OPTIONS, and FAST with its cookie.
bool proves_nothing(std::int32_t type) {
  constexpr std::int32_t pac_request = 128, req_enc_pa_rep = 149, as_freshness = 150,
                         supported_enctypes = 165, pac_options = 167;
  switch (type) {
    case pac_request:
    case req_enc_pa_rep:
    case as_freshness:
    case supported_enctypes:
    case pac_options:
    case kerberos::padata::fx_cookie:
    case kerberos::padata::fx_fast:
      return true;
    default:
      return false;
  }
}

// A KDC without FAST looks at what stands beside it, so what stands there is no less a guess.
bool guesses(const kerberos::KdcReq& req) {
  kerberos::PadataList rest = req.padata;
  for (kerberos::Padata padata; rest.next(padata);) {
    if (!proves_nothing(padata.type)) return true;
  }
  return false;
}

}  // namespace

Rule Failures::admit(const Logon& logon, Attempt& attempt, Clock::time_point now) {
  attempt = {};
  const kerberos::Request& request = logon.request;
  if (request.kind != kerberos::RequestKind::as_req) return Rule::none;
  if (logon.client != 0 && logon.rules.client_failures != 0 &&
      !counts_.has(client_key(logon.client), client_rate(logon.rules), now)) {
    return Rule::client_failures;
  }
  const kerberos::KdcReq& req = *request.kdc_req;
  if (logon.rules.principal_failures == 0 || !req.cname) return Rule::none;
  attempt.guesses = guesses(req);
  if (request.armored() && !attempt.guesses) return Rule::none;
  attempt.spelling = accounts_.spelling(logon.directory, req);
  attempt.account = accounts_.find(attempt.spelling);
  if (attempt.account == 0) return Rule::none;
  const bool may = attempt.guesses ? take(logon, attempt, now)
                                   : counts_.has(attempt.account, principal_rate(logon.rules), now);
  return may ? Rule::none : Rule::principal_failures;
}

bool Failures::take(const Logon& logon, Attempt& attempt, Clock::time_point now) {
  attempt.counted = counts_.take(attempt.account, principal_rate(logon.rules), now);
  return attempt.counted;
}

// A name that the KDC does not know is nobody's to be counted.
Rule Failures::admit_as(const Logon& logon, Attempt& attempt, const kerberos::Reply& told,
                        Clock::time_point now) {
  const bool known = told.kind == kerberos::ReplyKind::as_rep ||
                     told.error_code == kerberos::error_code::preauth_required ||
                     told.error_code == kerberos::error_code::preauth_failed;
  if (!known) return Rule::none;
  const kerberos::KdcReq& req = *logon.request.kdc_req;
  if (const auto salt = kerberos::salt_told(told))
    attempt.account = accounts_.of_salt(logon.directory, req, *salt);
  if (attempt.account == 0) attempt.account = accounts_.of_name(logon.directory, req);
  accounts_.note(attempt.spelling, attempt.account);
  return take(logon, attempt, now) ? Rule::none : Rule::principal_failures;
}

// An answer without a salt explains nothing: the client may have asked for RC4 alone. The answer to a message
// with FAST may be about another name, the one inside.
void Failures::learn(const Logon& logon, Attempt& attempt, const kerberos::Reply& reply,
                     Clock::time_point now) {
  const kerberos::KdcReq& req = *logon.request.kdc_req;
  if (req.padata.has(kerberos::padata::fx_fast)) return;
  const auto salt = kerberos::salt_told(reply);
  const Accounts::Hash account = salt ? accounts_.of_salt(logon.directory, req, *salt) : 0;
  if (account == 0 || account == attempt.account) return;
  forget(logon, attempt, now);
  attempt.account = account;
  accounts_.note(attempt.spelling, account);
}

void Failures::note(const Logon& logon, Attempt& attempt, const kerberos::Reply& reply,
                    Clock::time_point now) {
  namespace code = kerberos::error_code;
  if (logon.request.kind != kerberos::RequestKind::as_req) return;
  const bool error = reply.kind == kerberos::ReplyKind::krb_error;
  const bool wrong_password = error && reply.error_code == code::preauth_failed;
  const bool no_such_user = error && reply.error_code == code::client_unknown;
  if (logon.client != 0 && logon.rules.client_failures != 0 && (wrong_password || no_such_user)) {
    counts_.take(client_key(logon.client), client_rate(logon.rules), now);
  }
  if (attempt.spelling == 0) return;
  learn(logon, attempt, reply, now);
  if (!wrong_password) return forget(logon, attempt, now);
  if (attempt.account == 0) attempt.account = accounts_.of_name(logon.directory, *logon.request.kdc_req);
  for (unsigned i = attempt.counted ? 1 : 0; i < attempt.written; ++i) take(logon, attempt, now);
}

void Failures::forget(const Logon& logon, Attempt& attempt, Clock::time_point now) {
  if (!std::exchange(attempt.counted, false)) return;
  counts_.give_back(attempt.account, principal_rate(logon.rules), now);
}

}  // namespace ferryman::policy
