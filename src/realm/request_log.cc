#include "realm/request_log.h"

#include <optional>

#include "kerberos/names.h"
#include "kerberos/request.h"

namespace ferryman::realm {
namespace {

using telemetry::Level;
constexpr std::string_view request_message = "request";

std::string text(const std::optional<kerberos::PrincipalName>& name) {
  std::string text;
  if (name) name->append_to(text);
  return text;
}

}  // namespace

std::string Stopwatch::microseconds() const {
  const auto passed = std::chrono::steady_clock::now() - since_;
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

void log_request(telemetry::Log& log, const local::KerberosRequest& request, const KdcAnswer& answer,
                 const Stopwatch& watch) {
  if (!log.writes(Level::info)) return;
  const auto message = kerberos::parse_request(request.message);
  std::string cname, sname;
  if (message && message->kdc_req) {
    cname = text(message->kdc_req->cname);
    sname = text(message->kdc_req->sname);
  }
  log.write(Level::info, request_message,
            {{"service", "kerberos"},
             {"id", request.id},
             {"client", request.client},
             {"transport", name(request.transport)},
             {"type", answer.type},
             {"tenant", request.tenant},
             {"realm", message ? message->realm() : std::string_view()},
             {"cname", cname},
             {"sname", sname},
             {"reason", message ? std::string_view() : name(message.error().fault)},
             {"result", kerberos::error_name(answer.error_code)},
             {"total_us", watch.microseconds()}});
}

void log_request(telemetry::Log& log, const local::HttpRequest& request, const signin::Answer& answer,
                 const Stopwatch& watch) {
  if (!log.writes(Level::info)) return;
  log.write(Level::info, request_message,
            {{"service", answer.service},
             {"id", request.id},
             {"client", request.client},
             {"method", request.method},
             {"status", std::to_string(answer.response.status)},
             {"error", answer.error},
             {"total_us", watch.microseconds()}});
}

}  // namespace ferryman::realm
