#include <fmt/format.h>

#include "kerberos/names.h"
#include "probe/checks.h"

namespace ferryman::probe {
namespace {

bool reached_kdc(const HttpAnswer& answer) {
  if (!answer.complete()) return false;
  const KdcAnswer kdc = read_answer(answer.reply.body());
  // Some proxies refuse in Kerberos' words.
  return kdc.from_kdc() && kdc.error_code != kerberos::error_code::policy;
}

bool is_success(const HttpAnswer& answer) {
  return answer.complete() && answer.reply.status() >= 200 && answer.reply.status() < 300;
}

struct Refusal {
  std::string_view id, what;  // what: "a GET"
  Severity otherwise;
  std::string_view advice;
};

// Refused by a status or by the connection's end. Silence says nothing.
void note(const Refusal& refusal, const HttpAnswer& answer, bool taken, Record& record) {
  if (taken)
    record.findings.push_back({refusal.id, refusal.otherwise,
                               fmt::format("{} is taken ({})", refusal.what, describe(answer)),
                               std::string(refusal.advice)});
  else if (!answer.complete() && (answer.end == End::timed_out || answer.end == End::none))
    record.findings.push_back(
        {refusal.id, Severity::unknown,
         fmt::format("{} is neither taken nor refused: {}", refusal.what, answer.trouble),
         "look at the proxy's log"});
  else
    record.findings.push_back(
        {refusal.id, Severity::ok, fmt::format("{} is refused ({})", refusal.what, describe(answer))});
}

HttpAnswer ask(Proxy& proxy, Bytes body, std::chrono::milliseconds time = refusal_time) {
  HttpRequest request;
  request.body = body;
  return proxy.ask(request, time);
}

void check_http_refusals(Proxy& proxy, Bytes good, Record& record) {
  HttpRequest get;
  get.method = "GET";
  HttpAnswer answer = proxy.ask(get, refusal_time);
  note({"get_refused", "a GET", Severity::warning, "serve nothing but POST at this path"}, answer,
       is_success(answer), record);

  HttpRequest elsewhere;
  elsewhere.path = "/ferryman-probe-no-such-path";
  elsewhere.body = good;
  answer = proxy.ask(elsewhere, refusal_time);
  note({"path_refused", "another path", Severity::warning, "serve the proxy at its own path only"}, answer,
       reached_kdc(answer), record);

  const std::vector<std::uint8_t> large(128 * 1024 + 1024, 0x30);
  HttpRequest upload;
  upload.body = large;
  upload.head_first = true;
  answer = proxy.ask(upload, refusal_time);
  note({"size_refused", "a body over 128 KiB", Severity::warning, "limit the size of what is taken"}, answer,
       is_success(answer), record);
}

}  // namespace

void check_refusals(Proxy& proxy, const SurveyOptions& options, Record& record) {
  const auto good = encode({.realm = options.realm, .target_domain = options.realm});
  check_http_refusals(proxy, good, record);

  HttpAnswer answer = ask(proxy, as_bytes("no KDC-PROXY-MESSAGE"));
  note(
      {"garbage_refused", "what is no KDC-PROXY-MESSAGE", Severity::warning, "look what stands at this path"},
      answer, is_success(answer), record);

  answer = ask(proxy, encode({.realm = options.realm, .target_domain = std::nullopt}), answer_time);
  note({"no_domain_refused", "a message without target-domain", Severity::warning,
        "refuse it: a default realm hides what clients mean [MS-KKDCP 3.2.5.1]"},
       answer, reached_kdc(answer), record);

  answer = ask(proxy, encode({.realm = made_up_realm, .target_domain = options.realm}), answer_time);
  note({"mismatch_refused", "a message whose two realms differ", Severity::warning,
        "compare the realm of the envelope with that of the request: rules by realm are evaded otherwise"},
       answer, reached_kdc(answer), record);

  answer = ask(proxy, encode({.realm = made_up_realm, .target_domain = made_up_realm}), answer_time);
  note(
      {"other_realm_refused", "a realm that nobody has declared", Severity::critical,
       "declare the realms that are served: whoever names one decides otherwise where the proxy connects to"},
      answer, reached_kdc(answer) || is_success(answer), record);
}

}  // namespace ferryman::probe
