#include "realm/request_log.h"

#include <optional>

#include "kerberos/names.h"
#include "kerberos/request.h"
#include "telemetry/record.h"

namespace ferryman::realm {
namespace {

using telemetry::Key;
using telemetry::Level;
using telemetry::Record;
constexpr std::string_view request_message = "request";

// What is absent is left out.
void put(Record& record, const Key& key, std::string_view value) {
  if (!value.empty()) record.text(key, value);
}

void put(Record& record, const Key& key, const std::optional<kerberos::PrincipalName>& name) {
  if (name) record.close(name->write_to(record.open(key, name->longest_text())));
}

}  // namespace

std::int64_t Stopwatch::microseconds() const {
  const auto passed = std::chrono::steady_clock::now() - since_;
  return std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
}

void log_request(telemetry::Log& log, const local::KerberosRequest& request, const KdcAnswer& answer,
                 const Stopwatch& watch) {
  if (!log.writes(Level::info)) return;
  const auto message = kerberos::parse_request(request.message);
  log.write(Level::info, [&](Record& record) {
    record.text("message", request_message);
    record.text("service", "kerberos");
    put(record, "id", request.id);
    put(record, "client", request.client);
    record.text("transport", name(request.transport));
    put(record, "type", answer.type);
    put(record, "tenant", request.tenant);
    if (message) {
      put(record, "realm", message->realm());
      if (message->kdc_req) {
        put(record, "cname", message->kdc_req->cname);
        put(record, "sname", message->kdc_req->sname);
      }
    } else {
      put(record, "reason", name(message.error().fault));
    }
    put(record, "result", kerberos::error_name(answer.error_code));
    record.number("total_us", watch.microseconds());
  });
}

void log_request(telemetry::Log& log, const local::HttpRequest& request, const signin::Answer& answer,
                 const Stopwatch& watch) {
  if (!log.writes(Level::info)) return;
  log.write(Level::info, [&](Record& record) {
    record.text("message", request_message);
    record.text("service", answer.service);
    put(record, "id", request.id);
    put(record, "client", request.client);
    put(record, "method", request.method);
    record.number("status", answer.response.status);
    put(record, "error", answer.error);
    record.number("total_us", watch.microseconds());
  });
}

}  // namespace ferryman::realm
