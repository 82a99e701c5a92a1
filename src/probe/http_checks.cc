#include <fmt/format.h>

#include "probe/checks.h"

namespace ferryman::probe {
namespace {

constexpr std::string_view http10 = "http_1_0";

// What MIT's client makes of an answer: it takes everything up to the connection's end.
Finding judge_for_mit(const HttpAnswer& answer, End end) {
  const HttpReply& reply = answer.reply;
  if (!answer.complete())
    return {http10, Severity::critical,
            fmt::format("HTTP/1.0, which MIT's client speaks, is not answered: {}", answer.trouble),
            "let HTTP/1.0 in"};
  if (!reply.interim().empty())
    return {
        http10, Severity::critical,
        fmt::format("an HTTP/1.0 request is answered with {} first, which MIT's client takes for the answer",
                    reply.interim().front()),
        "send no interim answer to HTTP/1.0"};
  if (reply.framing() == HttpReply::Framing::chunked)
    return {http10, Severity::critical,
            "an HTTP/1.0 request is answered in chunks, which MIT's client cannot read",
            "send Content-Length, no Transfer-Encoding, to HTTP/1.0"};
  if (end == End::none || end == End::timed_out)
    return {
        http10, Severity::critical,
        "the connection stays open behind the answer to HTTP/1.0: MIT's client waits for its end and hangs",
        "close it behind each answer to HTTP/1.0 that asks for nothing else"};
  if (end == End::reset)
    return {http10, Severity::warning,
            "the connection is reset behind an answer to HTTP/1.0, which may cost the answer",
            "read what the client has sent before closing"};
  return {http10, Severity::ok,
          end == End::cut ? "HTTP/1.0 is answered as MIT's client needs it, though without close_notify"
                          : "HTTP/1.0 is answered as MIT's client needs it, and closed"};
}

}  // namespace

std::string describe(const HttpAnswer& answer) {
  if (!answer.complete()) return answer.trouble;
  const KdcAnswer kdc = read_answer(answer.reply.body());
  return kdc.from_kdc() ? kdc.words() : fmt::format("HTTP {}", answer.reply.status());
}

HttpAnswer check_http_1_0(Proxy& proxy, Link& link, Bytes body, Record& record) {
  constexpr std::chrono::milliseconds end_time{2000};
  HttpRequest request;
  request.body = body;
  request.as_mit = true;
  HttpAnswer answer = exchange(link, proxy.target(), request, proxy.within(answer_time));
  const End end = answer.complete() ? wait_for_end(link, proxy.within(end_time)) : answer.end;
  record.findings.push_back(judge_for_mit(answer, end));
  const unsigned status = answer.reply.status();
  if (answer.complete() && status >= 300 && status < 400)
    record.findings.push_back(
        {"redirect", Severity::critical,
         fmt::format("the path redirects to {}", printable(answer.reply.header("location"))),
         "probe and configure the place itself: clients do not follow with a POST"});
  return answer;
}

HttpAnswer check_http_1_1(Proxy& proxy, Bytes body, Record& record) {
  constexpr std::string_view id = "http_1_1";
  HttpRequest request;
  request.body = body;
  HttpAnswer answer = proxy.ask(request, answer_time);
  if (answer.complete()) record.stages.push_back({"first", answer.first});
  if (!answer.complete())
    record.findings.push_back(
        {id, Severity::critical,
         fmt::format("HTTP/1.1, which Windows and Apple speak, is not answered: {}", answer.trouble),
         "look at the proxy's log"});
  else if (!proxy.is_kept())
    record.findings.push_back({id, Severity::ok, "HTTP/1.1 is answered, but its connections are not kept"});
  else
    record.findings.push_back({id, Severity::ok, "HTTP/1.1 is answered and its connections are kept"});
  return answer;
}

void check_http_2(Proxy& proxy, Bytes body, Record& record) {
  constexpr std::string_view id = "http_2";
  TlsChoice choice;
  choice.alpn = alpn_both;
  auto link = proxy.open(choice);
  if (!link || link->alpn() != "h2") {
    record.findings.push_back({id, Severity::ok, "HTTP/2 is not served; no client needs it"});
    return;
  }
  const Http2Answer answer = exchange_http2(*link, proxy.target(), body, proxy.within(answer_time));
  if (!answer.trouble.empty())
    record.findings.push_back({id, Severity::warning,
                               fmt::format("HTTP/2 is offered but fails: {}", answer.trouble),
                               "repair it, or do not offer h2 by ALPN"});
  else
    record.findings.push_back({id, Severity::ok, fmt::format("HTTP/2 is served (HTTP {})", answer.status)});
}

}  // namespace ferryman::probe
