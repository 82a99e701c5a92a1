#include "trace/line.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "trace/words.h"

namespace ferryman::trace {
namespace {

constexpr std::size_t most_listed = 32;

std::string clock_time(std::chrono::microseconds time) {
  const std::time_t seconds = time.count() / 1'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     time.count() / 1000 % 1000);
}

std::string numbers_of(kerberos::PadataList list) {
  std::string text;
  kerberos::Padata element;
  for (std::size_t i = 0; i < most_listed && list.next(element); ++i)
    text += fmt::format("{}{}", text.empty() ? "" : ",", element.type);
  return text;
}

std::string numbers_of(kerberos::EtypeList list) {
  std::string text;
  std::int32_t etype = 0;
  for (std::size_t i = 0; i < most_listed && list.next(etype); ++i)
    text += fmt::format("{}{}", text.empty() ? "" : ",", etype);
  return text;
}

// "AS-REQ alice@EX padata 2,150 etypes 18,17 (FAST)".
std::string request_text(const kerberos::Request& request, const std::string& words) {
  std::string text(kerberos::name(request.kind));
  if (request.kdc_req) {
    const kerberos::KdcReq& req = *request.kdc_req;
    if (req.cname) text += " " + principal_text(*req.cname, req.realm);
    const bool is_for_tgt = req.sname && req.sname->component(0) == "krbtgt" && req.cname;
    if (req.sname && !is_for_tgt) text += (req.cname ? " for " : " ") + principal_text(*req.sname, req.realm);
    if (const std::string padata = numbers_of(req.padata); !padata.empty()) text += " padata " + padata;
    if (const std::string etypes = numbers_of(req.etypes); !etypes.empty()) text += " etypes " + etypes;
  }
  return words.empty() ? text : text + " (" + words + ")";
}

// What all of them begin with says nothing to who reads many.
std::string error_text(std::int32_t code) {
  std::string_view name = kerberos::error_name(code);
  if (name.empty()) return std::to_string(code);
  for (const std::string_view beginning : {"KDC_ERR_", "KRB_AP_ERR_", "KRB_ERR_"}) {
    if (name.starts_with(beginning)) return std::string(name.substr(beginning.size()));
  }
  return std::string(name);
}

std::string reply_text(const kerberos::Reply& reply) {
  std::string text(kerberos::name(reply.kind));
  if (reply.error_code != 0) return text + " " + error_text(reply.error_code);
  const bool is_as = reply.kind == kerberos::ReplyKind::as_rep;
  if (!is_as && reply.kind != kerberos::ReplyKind::tgs_rep) return text;
  const auto rep =
      kerberos::parse_kdc_rep(reply.bytes, is_as ? kerberos::msg_type::as_rep : kerberos::msg_type::tgs_rep);
  if (!rep) return text;
  if (const std::string padata = numbers_of(rep->padata); !padata.empty()) text += " padata " + padata;
  return text + fmt::format(" ticket {} {} etype {} key {}", is_as ? "for" : "of",
                            is_as ? principal_text(rep->ticket.sname, rep->ticket.realm)
                                  : principal_text(rep->cname, rep->crealm),
                            rep->ticket.enc_part.etype, rep->enc_part.etype);
}

// Where the gateway itself has answered, or nobody has.
std::string refusal_text(const Record& record) {
  std::string text = printable(record.text("event"));
  if (const std::string_view reason = record.text("reason"); !reason.empty()) text += " " + printable(reason);
  if (const std::int64_t status = record.number("status"); status != 0)
    text += fmt::format(" HTTP {}", status);
  return text;
}

std::string answer_text(const Record& record, const std::optional<kerberos::Request>& request) {
  if (record.reply.empty() || !request) return refusal_text(record);
  const auto reply = kerberos::parse_reply(record.reply, request->kind);
  std::string text = reply ? reply_text(*reply) : "an answer that cannot be read";
  if (record.text("event") != "exchange" || !record.text("error").empty() || !record.kdc_reply.empty())
    text += " of the gateway's own: " + refusal_text(record);
  return text;
}

// Of what was no Kerberos message.
std::string http_text(const Record& record) {
  if (record.text("event") == "sign_in" || record.text("event") == "no_realm") {
    std::string text = "sign-in";
    if (const auto tenant = record.text("tenant"); !tenant.empty()) text += " at " + printable(tenant);
    if (const auto step = record.text("sign_in"); !step.empty()) text += " " + printable(step);
    return text;
  }
  std::string text(record.text("method").empty() ? "request" : printable(record.text("method")));
  if (const auto path = record.text("path"); !path.empty()) text += " " + printable(path);
  return text;
}

}  // namespace

std::string line_of(const Record& record) {
  const auto request = kerberos::parse_request(record.request);
  const std::optional<kerberos::Request> known = request ? std::optional(*request) : std::nullopt;
  std::string text = clock_time(record.time) + " " + printable(record.text("client")) + " ";
  text += known ? request_text(*known, words_of(record.request, record.reply)) : http_text(record);
  text += " → " + answer_text(record, known);
  text += fmt::format(" {:.1f} ms", static_cast<double>(record.number("total_us")) / 1000);
  const std::string_view kdc = record.text("kdc_name").empty() ? record.text("kdc") : record.text("kdc_name");
  if (!kdc.empty()) text += " " + printable(kdc);
  if (const auto transport = record.text("transport"); !transport.empty()) text += " " + printable(transport);
  return text;
}

}  // namespace ferryman::trace
