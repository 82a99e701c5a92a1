#include "gateway/event_ecs.h"

#include "kerberos/numbers.h"
#include "telemetry/ecs_fields.h"

namespace ferryman::gateway {
namespace {

using telemetry::Outcome;

// A KDC that asks for pre-authentication has neither let in nor turned away.
Outcome outcome_of(const RequestEvent& event) {
  if (event.kind == EventKind::sign_in) return event.status < 400 ? Outcome::success : Outcome::failure;
  if (event.kind != EventKind::exchange || event.reply == nullptr) return Outcome::failure;
  if (event.reply->error_code == kerberos::error_code::preauth_required) return Outcome::unknown;
  const bool is_error = event.reply->kind == kerberos::ReplyKind::krb_error || event.reply->error_code != 0;
  return is_error ? Outcome::failure : Outcome::success;
}

std::string_view without(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

void put_ecs_head(telemetry::Record& record, const RequestEvent& event) {
  if (event.event_id != 0) telemetry::put_ecs_code(record, event.event_id);
  telemetry::put_ecs_outcome(record, outcome_of(event));
  telemetry::put_ecs_client(record, event.client);
  if (!event.tls.empty()) {
    record.word({"tls", "tls.version"}, without(event.tls, "TLSv"));
    record.word({"tls_protocol", "tls.version_protocol"}, "tls");
  }
  if (!event.http.empty()) record.word({"http", "http.version"}, without(event.http, "HTTP/"));
  if (event.status != 0) record.number("status", event.status);
}

void put_ecs_tail(telemetry::Record& record, const RequestEvent& event) {
  if (event.total_us != 0) telemetry::put_ecs_duration(record, event.total_us);
}

}  // namespace ferryman::gateway
