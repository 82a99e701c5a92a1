#include <fmt/format.h>

#include <cstdlib>

#include "base/text.h"
#include "kerberos/names.h"
#include "probe/checks.h"

namespace ferryman::probe {
namespace {

constexpr std::string_view kdc = "kdc_answer";

// No Kerberos came back: what the proxy says about it.
Finding judge_status(const HttpAnswer& answer) {
  if (!answer.complete())
    return {kdc, Severity::critical, "the proxy gives no answer: " + answer.trouble,
            "look at the proxy's log"};
  switch (const unsigned status = answer.reply.status()) {
    case 400:
      return {kdc, Severity::critical, "the proxy takes a well-formed request for malformed (HTTP 400)",
              "look at the proxy's log"};
    case 401:
    case 403:
      return {
          kdc, Severity::critical, fmt::format("the proxy's policy refuses an AS-REQ (HTTP {})", status),
          "look at the realm's rules; the proxy may ask for FAST, a token or a client certificate (--cert)"};
    case 404:
      return {kdc, Severity::critical, "there is no KDC proxy at this path (HTTP 404)",
              "give the URL with the path that the proxy serves"};
    case 429:
      return {kdc, Severity::warning, "the proxy throttles this client (HTTP 429)",
              "probe less often, or exempt this address"};
    case 503:
      return {kdc, Severity::critical, "no KDC answers, or the realm is not declared (HTTP 503)",
              "look whether the realm is spelled as configured and its KDCs run (ferryman locate)"};
    case 502:
    case 504:
      return {kdc, Severity::critical, fmt::format("no KDC answered in time (HTTP {})", status),
              "look whether the proxy reaches the KDCs (ferryman locate)"};
    default:
      return {kdc, Severity::critical, fmt::format("what answers is no KDC proxy (HTTP {})", status),
              "look what stands at this URL"};
  }
}

Finding judge_error(const KdcAnswer& answer, const std::string& user) {
  const std::string words = answer.words();
  switch (answer.error_code) {
    case kerberos::error_code::client_unknown:
      if (user.empty()) break;
      return {kdc, Severity::warning,
              fmt::format("a KDC answers, but knows no user {} ({})", printable(user), words),
              "look at the user's name"};
    case kerberos::error_code::client_revoked:
      return {kdc, Severity::warning,
              fmt::format("a KDC answers, but the user is locked or disabled ({})", words),
              "unlock the user, or name another"};
    case kerberos::error_code::service_unavailable:
    case kerberos::error_code::response_too_big:
      return {kdc, Severity::critical, fmt::format("the KDC cannot be used: {}", words),
              "the proxy ought to ask another KDC, or this one by TCP"};
    case kerberos::error_code::wrong_realm:
      return {kdc, Severity::critical, fmt::format("the KDC does not serve this realm ({})", words),
              "look which KDCs the proxy has for the realm"};
    case kerberos::error_code::policy:
      return {kdc, Severity::warning, fmt::format("an AS-REQ is refused by policy ({})", words),
              "look at the realm's rules"};
    default:
      break;
  }
  return {kdc, Severity::ok, fmt::format("a KDC answers ({})", words)};
}

Finding judge_clock(std::int64_t there, std::int64_t now) {
  constexpr std::string_view id = "clock";
  constexpr std::int64_t warning = 60, critical = 300;  // Kerberos' usual tolerance
  const std::int64_t difference = std::llabs(there - now);
  const std::string sentence =
      fmt::format("the KDC's clock is {} s {} this one", difference, there < now ? "behind" : "ahead of");
  constexpr const char* advice = "set both clocks by NTP: beyond 5 minutes nobody logs on";
  if (difference > critical) return {id, Severity::critical, sentence, advice};
  if (difference > warning) return {id, Severity::warning, sentence, advice};
  return {id, Severity::ok, difference == 0 ? "the KDC's clock and this one agree" : sentence};
}

Finding judge_realm(const std::string& realm, const std::string& asked) {
  constexpr std::string_view id = "realm_name";
  if (realm == asked) return {id, Severity::ok, fmt::format("it is the realm {}", realm)};
  if (equal_without_case(realm, asked))
    return {id, Severity::warning, fmt::format("the realm is written {}, not {}", realm, printable(asked)),
            "write it as the KDC does"};
  return {id, Severity::critical, fmt::format("it is the realm {}, not {}", realm, printable(asked)),
          "look which KDCs the proxy has for the realm"};
}

}  // namespace

bool judge_kdc(const HttpAnswer& answer, const SurveyOptions& options, std::int64_t now, Findings& findings) {
  const KdcAnswer told = answer.complete() ? read_answer(answer.reply.body()) : KdcAnswer();
  if (!told.from_kdc()) {
    findings.push_back(judge_status(answer));
    return false;
  }
  if (told.kind == KdcAnswer::Kind::ticket) {
    findings.push_back({kdc, Severity::ok, "a KDC answers (AS-REP)"});
    findings.push_back(
        {"preauthentication", Severity::warning,
         fmt::format("{} gets a ticket without pre-authentication: whoever asks can try passwords on it",
                     options.user.empty() ? "a user that does not exist" : printable(options.user)),
         "require pre-authentication of every user"});
  } else {
    findings.push_back(judge_error(told, options.user));
    if (told.error_code == kerberos::error_code::preauth_required && !options.user.empty())
      findings.push_back({"preauthentication", Severity::ok,
                          fmt::format("{} must pre-authenticate", printable(options.user))});
  }
  if (!told.realm.empty() && told.error_code != kerberos::error_code::wrong_realm)
    findings.push_back(judge_realm(told.realm, options.realm));
  if (told.time) findings.push_back(judge_clock(*told.time, now));
  return told.error_code != kerberos::error_code::policy;
}

// Apple's clients before 2024 leave the length prefix out and want it left out.
void check_no_prefix(Proxy& proxy, const SurveyOptions& options, Record& record) {
  constexpr std::string_view id = "no_prefix";
  const auto body =
      encode({.realm = options.realm, .target_domain = options.realm, .framing = kkdcp::Framing::bare});
  HttpRequest request;
  request.body = body;
  const HttpAnswer answer = proxy.ask(request, answer_time);
  const KdcAnswer told = answer.complete() ? read_answer(answer.reply.body()) : KdcAnswer();
  if (proxy.reused() && answer.complete()) record.stages.push_back({"kept", answer.first});
  if (!told.from_kdc())
    record.findings.push_back(
        {id, Severity::warning,
         fmt::format("a message without length prefix, as Apple's clients before 2024 send it, "
                     "is refused ({})",
                     describe(answer)),
         "such clients need an update, or a proxy that takes it"});
  else if (told.framing != kkdcp::Framing::bare)
    record.findings.push_back(
        {id, Severity::warning,
         "a message without length prefix is answered with one, which Apple's clients before 2024 "
         "cannot read",
         "such clients need an update, or a proxy that answers alike"});
  else
    record.findings.push_back(
        {id, Severity::ok,
         "a message without length prefix, as Apple's clients before 2024 send it, is answered alike"});
}

void check_unarmored_password(Proxy& proxy, const SurveyOptions& options, Record& record) {
  constexpr std::string_view id = "unarmored_password";
  const bool as_user = options.risk_lockout && !options.user.empty();
  const auto body = encode({.realm = options.realm,
                            .target_domain = options.realm,
                            .client = as_user ? std::string_view(options.user) : nobody,
                            .with_password = true});
  HttpRequest request;
  request.body = body;
  const HttpAnswer answer = proxy.ask(request, answer_time);
  const KdcAnswer told = answer.complete() ? read_answer(answer.reply.body()) : KdcAnswer();
  if (told.from_kdc() && told.error_code != kerberos::error_code::policy)
    record.findings.push_back(
        {id, Severity::warning,
         fmt::format("passwords outside FAST are let in ({}): they can be guessed through the proxy",
                     told.words()),
         "refuse them and let clients armor with FAST, or limit the failures of each user and client"});
  else if (told.from_kdc() || (answer.complete() && answer.reply.status() == 403))
    record.findings.push_back(
        {id, Severity::ok,
         fmt::format("passwords outside FAST are not let in ({}): clients armor them or use certificates",
                     describe(answer))});
  else
    record.findings.push_back(
        {id, Severity::unknown,
         fmt::format("whether passwords outside FAST are let in cannot be told: {}", describe(answer)),
         "look at the proxy's log"});
}

}  // namespace ferryman::probe
