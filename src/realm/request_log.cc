#include "realm/request_log.h"

#include <fmt/format.h>

#include <array>
#include <numeric>
#include <optional>
#include <string>

#include "base/text.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"
#include "kerberos/request.h"
#include "local/trace_context.h"
#include "signin/proof.h"
#include "telemetry/ecs_fields.h"
#include "telemetry/record.h"

namespace ferryman::realm {
namespace {

using kerberos::RequestKind;
using telemetry::Level;
using telemetry::Record;
namespace error_code = kerberos::error_code;
constexpr std::string_view request_message = "request";

// Of Windows' security log.
namespace event_id {
constexpr std::int64_t none = 0, password_changed = 4723, locked_out = 4740, tgt = 4768,
                       service_ticket = 4769, renewed = 4770, not_proven = 4771;
}

// The fields, made once.
namespace key {
using telemetry::Key;
constexpr Key message("message"), service("service", "ferryman.service"), event_id("event_id"), id("id"),
    client("client"), transport("transport"), type("type", "kerberos.type"), realm("realm", "kerberos.realm"),
    tenant("tenant"), cname("cname", "user.name"), sname("sname", "kerberos.sname"),
    s4u("s4u", "kerberos.s4u"), for_user("for_user", "user.effective.name"),
    partial_tgt("partial_tgt", "kerberos.partial_tgt"), etypes("etypes", "kerberos.etypes"),
    reply_etype("reply_etype", "kerberos.reply_etype"),
    session_etype("session_etype", "kerberos.session_etype"),
    ticket_etype("ticket_etype", "kerberos.ticket_etype"), keys_given("keys_given", "kerberos.keys_given"),
    result("result", "kerberos.result"), reason("reason"), method("method"), user("user", "user.name"),
    status("status"), error("error", "error.code"), trace_id("trace_id"),
    client_request_id("client_request_id"), total_us("total_us");
}  // namespace key

// A Kerberos request as the log sees it.
struct Seen {
  const local::KerberosRequest& request;
  const kdc::Answer& answer;
  std::optional<kerberos::Request> message;  // none: not well formed
  std::int64_t total_us;

  bool is(RequestKind kind) const { return message && message->kind == kind; }
};

// An AS-REQ that only asks how to prove a key has none.
std::int64_t id_of(const Seen& seen) {
  const std::int32_t code = seen.answer.code;
  if (seen.is(RequestKind::kpasswd)) return event_id::password_changed;
  if (seen.is(RequestKind::tgs_req))
    return seen.answer.renewed ? event_id::renewed : event_id::service_ticket;
  if (!seen.is(RequestKind::as_req) || code == error_code::preauth_required) return event_id::none;
  const bool not_proven = code == error_code::preauth_failed || code == error_code::client_revoked ||
                          code == error_code::key_expired || code == error_code::padata_type_not_supported;
  return not_proven ? event_id::not_proven : event_id::tgt;
}

std::string_view result_of(const Seen& seen) {
  if (seen.is(RequestKind::kpasswd)) {
    const std::string_view name = kerberos::kpasswd_result_name(seen.answer.code);
    return name.empty() ? "other" : name;
  }
  return seen.answer.code == 0 ? "success" : kerberos::error_name(seen.answer.code);
}

// The request's encryption types, numbers between commas.
std::string offered(const Seen& seen) {
  std::string text;
  if (!seen.message || !seen.message->kdc_req) return text;
  kerberos::EtypeList etypes = seen.message->kdc_req->etypes;
  for (std::int32_t etype = 0; etypes.next(etype);)
    text += fmt::format("{}{}", text.empty() ? "" : ",", etype);
  return text;
}

// The fields of a line; those without a value are left out.
class Fields {
 public:
  Fields& add(const telemetry::Key& key, std::string_view text) {
    if (!text.empty()) fields_.at(count_++) = {&key, text.substr(0, max_text), std::nullopt};
    return *this;
  }
  Fields& add(const telemetry::Key& key, std::int64_t number) {
    fields_.at(count_++) = {&key, {}, number};
    return *this;
  }

  void write_to(Record& record, telemetry::Outcome outcome) const {
    for (std::size_t i = 0; i < count_; ++i) {
      const Field& field = fields_.at(i);
      if (record.is_ecs() && put_ecs(record, field)) continue;
      field.number ? record.number(*field.key, *field.number) : record.text(*field.key, field.text);
    }
    if (record.is_ecs()) telemetry::put_ecs_outcome(record, outcome);
  }
  // As an object in JSON.
  std::string as_json() const {
    telemetry::Line line;
    Record record(telemetry::Format::json, line);
    record.begin();
    for (std::size_t i = 0; i < count_; ++i) {
      const Field& field = fields_.at(i);
      // Names of a request may hold any octets.
      const bool is_plain = field.number || is_utf8(field.text);
      if (field.number) record.number(*field.key, *field.number);
      if (!field.number) record.text(*field.key, is_plain ? field.text : printable(field.text));
    }
    record.end();
    return {line.data(), line.size()};
  }

 private:
  struct Field {
    const telemetry::Key* key;
    std::string_view text;
    std::optional<std::int64_t> number;
  };
  // What ECS has in another form.
  static bool put_ecs(Record& record, const Field& field) {
    if (field.key == &key::client) {
      telemetry::put_ecs_client(record, field.text);
    } else if (field.key == &key::event_id) {
      telemetry::put_ecs_code(record, *field.number);
    } else if (field.key == &key::total_us) {
      telemetry::put_ecs_duration(record, *field.number);
    } else {
      return false;
    }
    return true;
  }

  static constexpr std::size_t most = 26;
  static constexpr std::size_t max_text = 256;  // a stranger's names may be longer
  std::array<Field, most> fields_{};
  std::size_t count_ = 0;
};

// Whose partial TGT it came by.
std::string partial_tgt(const Seen& seen) {
  return seen.answer.rodc == 0 ? "" : fmt::format("krbtgt_{}", seen.answer.rodc);
}

std::string_view name_of(kdc::S4u how) {
  return how == kdc::S4u::self ? "self" : how == kdc::S4u::proxy ? "proxy" : "";
}

// What of a line is a text that was made for it.
struct MadeTexts {
  std::string etypes, partial_tgt;
};

Fields fields_of(const Seen& seen, std::int64_t id, const MadeTexts& texts) {
  const local::KerberosRequest& request = seen.request;
  const kdc::Answer& answer = seen.answer;
  Fields fields;
  fields.add(key::message, request_message).add(key::service, "kerberos");
  if (id != event_id::none) fields.add(key::event_id, id);
  fields.add(key::id, request.id)
      .add(key::client, request.client)
      .add(key::transport, name(request.transport));
  if (seen.message)
    fields.add(key::type, kerberos::name(seen.message->kind)).add(key::realm, seen.message->realm());
  fields.add(key::tenant, request.tenant).add(key::cname, answer.client).add(key::sname, answer.service);
  fields.add(key::s4u, name_of(answer.acts_for.how)).add(key::for_user, answer.acts_for.user);
  fields.add(key::partial_tgt, texts.partial_tgt).add(key::etypes, texts.etypes);
  if (answer.issued) {
    fields.add(key::reply_etype, answer.issued->reply);
    fields.add(key::session_etype, answer.issued->session).add(key::ticket_etype, answer.issued->ticket);
    if (answer.issued->keys > 0) fields.add(key::keys_given, static_cast<std::int64_t>(answer.issued->keys));
  }
  fields.add(key::result, id == event_id::locked_out ? "locked" : result_of(seen))
      .add(key::reason, answer.reason);
  return fields.add(key::total_us, seen.total_us);
}

telemetry::Outcome outcome_of(const Seen& seen, std::int64_t id) {
  if (seen.answer.code == error_code::preauth_required) return telemetry::Outcome::unknown;
  const bool done = seen.answer.code == 0 && id != event_id::locked_out;
  return done ? telemetry::Outcome::success : telemetry::Outcome::failure;
}

void add(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

std::int64_t Stopwatch::microseconds() const {
  const auto passed = std::chrono::steady_clock::now() - since_;
  return std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
}

void ResultCounts::count(std::int32_t code) {
  const bool known = code >= 0 && static_cast<std::size_t>(code) < counts_.size();
  counts_.at(known ? static_cast<std::size_t>(code) : counts_.size() - 1)
      .fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t ResultCounts::all() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

void ResultCounts::add_to(local::Status& status, local::Status::Kind kind) const {
  for (std::size_t code = 0; code < counts_.size(); ++code) {
    const std::uint64_t count = counts_.at(code).load(std::memory_order_relaxed);
    if (count > 0) status.results.push_back({kind, static_cast<std::int32_t>(code), count});
  }
}

void RequestLog::count(const std::optional<kerberos::Request>& message, const kdc::Answer& answer) {
  if (answer.code != 0) add(counters_.errors);
  if (answer.reason == kdc::reason_locks) add(counters_.lock_outs);
  if (!message) return add(counters_.malformed);
  switch (message->kind) {
    case RequestKind::as_req:
      counters_.as.count(answer.code);
      break;
    case RequestKind::tgs_req:
      counters_.tgs.count(answer.code);
      break;
    case RequestKind::kpasswd:
      counters_.kpasswd.count(answer.code);
      break;
  }
  if (message->kdc_req && answer.code == error_code::service_unavailable) add(counters_.directory);
}

void RequestLog::add_to(local::Status& status) const {
  counters_.as.add_to(status, local::Status::Kind::as_req);
  counters_.tgs.add_to(status, local::Status::Kind::tgs_req);
  counters_.kpasswd.add_to(status, local::Status::Kind::kpasswd);
  counters_.sign_ins.add_to(status, local::Status::Kind::sign_in);
  status.malformed = counters_.malformed;
  status.sign_in = counters_.sign_ins.all();
  status.lock_outs = counters_.lock_outs;
  status.directory = counters_.directory;
}

void RequestLog::write(const local::KerberosRequest& request, const kdc::Answer& answer,
                       const Stopwatch& watch) {
  const auto parsed = kerberos::parse_request(request.message);
  const Seen seen{request, answer, parsed ? std::optional(*parsed) : std::nullopt, watch.microseconds()};
  count(seen.message, answer);
  const std::int64_t id = id_of(seen);
  const MadeTexts texts{offered(seen), partial_tgt(seen)};
  const auto say = [&](std::int64_t said) {
    const Fields fields = fields_of(seen, said, texts);
    if (said != event_id::none) history_.add_request(fields.as_json());
    log_.write(Level::info, [&](Record& record) { fields.write_to(record, outcome_of(seen, said)); });
  };
  say(id);
  if (answer.reason == kdc::reason_locks) say(event_id::locked_out);
}

void RequestLog::write(const local::HttpRequest& request, const signin::Answer& answer,
                       const Stopwatch& watch) {
  counters_.sign_ins.count(answer.response.status);
  const bool locks = answer.reason == signin::reason_locks;
  if (locks) add(counters_.lock_outs);
  if (answer.response.status == 503) add(counters_.directory);
  const local::TraceContext context = local::find_trace_context(request.fields, request.query);
  const auto say = [&](std::int64_t id) {
    Fields fields;
    fields.add(key::message, request_message).add(key::service, answer.service);
    if (id != event_id::none) fields.add(key::event_id, id);
    fields.add(key::id, request.id).add(key::client, request.client).add(key::method, request.method);
    fields.add(key::tenant, answer.tenant).add(key::user, answer.user);
    fields.add(key::status, answer.response.status)
        .add(key::error, answer.error)
        .add(key::reason, answer.reason);
    fields.add(key::trace_id, context.trace_id).add(key::client_request_id, context.client_request_id);
    fields.add(key::total_us, watch.microseconds());
    if (!answer.user.empty()) history_.add_request(fields.as_json());
    const bool done = answer.response.status < 400 && id == event_id::none;
    log_.write(Level::info, [&](Record& record) {
      fields.write_to(record, done ? telemetry::Outcome::success : telemetry::Outcome::failure);
    });
  };
  say(event_id::none);
  if (locks) say(event_id::locked_out);
}

RequestCounts RequestLog::counts() const {
  return {counters_.as.all(),       counters_.tgs.all(), counters_.kpasswd.all(),
          counters_.sign_ins.all(), counters_.malformed, counters_.errors};
}

}  // namespace ferryman::realm
