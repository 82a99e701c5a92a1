#include "front/sign_in.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "exchange/realm_call.h"
#include "front/sign_in_step.h"
#include "gateway/request_trace.h"
#include "local/limits.h"

namespace ferryman::front {
namespace {

using Clock = std::chrono::steady_clock;
using gateway::EventKind;
using local::HttpResponse;
namespace no_answer = exchange::no_answer;

constexpr unsigned retry_seconds = 1;

// They frame a message or belong to one connection (RFC 9110 7.6.1): the HTTP session's to say.
bool is_of_connection(const HttpResponse::OwnedField& field) {
  constexpr std::array<std::string_view, 9> names{"content-length", "transfer-encoding", "connection",
                                                  "keep-alive",     "proxy-connection",  "te",
                                                  "trailer",        "upgrade",           "http2-settings"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return equal_without_case(field.name, name); });
}

std::uint32_t microseconds(Clock::duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

// One request between its arrival and its event. Held by its call to ferryman-realm.
class SignIn final : public exchange::HttpOutcomeHandler, private net::CallWatcher {
 public:
  SignIn(const SignInWorker& worker, net::CallPtr call, const http::Request& request,
         std::string_view tenant);
  ~SignIn() override;
  SignIn(const SignIn&) = delete;
  SignIn& operator=(const SignIn&) = delete;

  void begin();
  void on_outcome(exchange::HttpOutcome& outcome) override;

 private:
  void on_gone() override;
  bool enter();
  void ask();
  void refuse_for(const exchange::HttpOutcome& outcome);
  void refuse(unsigned status, std::string_view text, EventKind kind, std::string_view reason);
  void respond(const http::Response& response, EventKind kind, std::string_view reason);

  const SignInWorker worker_;
  const net::CallPtr call_;
  const gateway::RequestId id_;
  const Clock::time_point begun_ = Clock::now();
  const std::string method_, path_, query_, tenant_;
  const std::vector<std::uint8_t> certificate_;
  std::vector<HttpResponse::OwnedField> fields_;
  const gateway::RequestTrace trace_;
  exchange::RealmCallPtr asked_;
};

SignIn::SignIn(const SignInWorker& worker, net::CallPtr call, const http::Request& request,
               std::string_view tenant)
    : worker_(worker),
      call_(std::move(call)),
      id_(worker.gateway.next_id()),
      method_(request.method),
      path_(request.path),
      query_(request.query),
      tenant_(tenant),
      certificate_(call_->client_certificate()),
      trace_(request.fields, request.query, id_.view()) {
  for (const local::Field& field : request.fields)
    fields_.push_back({std::string(field.name), std::string(field.value)});
  ++worker_.in_work;
  worker_.shared.in_flight.fetch_add(1, std::memory_order_relaxed);
}

SignIn::~SignIn() {
  call_->watch(nullptr);
  --worker_.in_work;
  worker_.shared.in_flight.fetch_sub(1, std::memory_order_relaxed);
}

void SignIn::begin() {
  if (enter()) ask();
}

bool SignIn::enter() {
  const gateway::Settings& settings = worker_.gateway.settings();
  if (worker_.shared.in_flight.load(std::memory_order_relaxed) > settings.max_in_flight) {
    refuse(503, "The service is overloaded.\n", EventKind::overload, "max_in_flight");
    return false;
  }
  if (!worker_.shared.clients.may_request(call_->peer().client, settings.client, begun_)) {
    refuse(429, "Too many requests.\n", EventKind::throttled, "client_request_rate");
    return false;
  }
  return true;
}

void SignIn::ask() {
  local::HttpRequest request;
  request.id = id_.view();
  request.client = call_->peer().address;
  request.method = method_;
  request.path = path_;
  request.query = query_;
  for (const auto& field : fields_) request.fields.push_back({field.name, field.value});
  request.client_certificate = certificate_;
  request.body = call_->body();
  const auto deadline = begun_ + worker_.gateway.settings().sign_in_deadline;
  call_->watch(this);
  const exchange::RealmCallPtr asked(new exchange::RealmHttpCall(
      worker_.gateway.realm_caller(), request, deadline, exchange::HttpOutcomeHandlerPtr(this)));
  asked_ = asked;
  asked->begin();
}

void SignIn::on_gone() {
  const exchange::HttpOutcomeHandlerPtr self(this);
  if (asked_) asked_->abandon();
}

void SignIn::on_outcome(exchange::HttpOutcome& outcome) {
  asked_.reset();
  if (outcome.status != exchange::Status::answered) return refuse_for(outcome);
  std::erase_if(outcome.response.fields, is_of_connection);
  const auto& traced = trace_.fields();
  outcome.response.fields.insert(outcome.response.fields.end(), traced.begin(), traced.end());
  http::Response response;
  response.status = outcome.response.status;
  response.content_type = {};
  response.fields = outcome.response.fields;
  response.body = as_bytes(outcome.response.body);
  respond(response, EventKind::sign_in, {});
}

void SignIn::refuse_for(const exchange::HttpOutcome& outcome) {
  if (outcome.why == no_answer::unfit) {
    const bool large = call_->body().size() > local::max_body;
    return refuse(large ? 413 : 400, "The request cannot be passed on.\n", EventKind::http_violation,
                  outcome.why);
  }
  const bool late = outcome.status == exchange::Status::deadline;
  refuse(late ? 504 : 503, "The sign-in service does not answer.\n", EventKind::no_realm, outcome.why);
}

// Fixed texts only: nothing of the request goes back.
void SignIn::refuse(unsigned status, std::string_view text, EventKind kind, std::string_view reason) {
  http::Response response;
  response.status = status;
  response.body = as_bytes(text);
  response.fields = trace_.fields();
  if (status == 503 || status == 429) response.retry_after_seconds = retry_seconds;
  respond(response, kind, reason);
}

void SignIn::respond(const http::Response& response, EventKind kind, std::string_view reason) {
  gateway::RequestEvent event;
  event.kind = kind;
  event.status = call_->cancelled() ? 0 : response.status;
  event.method = method_;
  event.tenant = tenant_;
  event.reason = reason;
  trace_.put_into(event);
  call_->respond(response);
  event.total_us = microseconds(Clock::now() - begun_);
  if (!worker_.shared.traces.watched()) return worker_.gateway.write_event(event, *call_, id_);
  gateway::TraceDetail detail;
  detail.sign_in = step_of_sign_in(path_, as_text(call_->body()), as_text(response.body));
  worker_.gateway.write_event(event, *call_, id_, &detail);
}

}  // namespace

void begin_sign_in(const SignInWorker& worker, net::CallPtr call, const http::Request& request,
                   std::string_view tenant) {
  const net::CallPtr held = call;
  try {
    const boost::intrusive_ptr<SignIn> sign_in(new SignIn(worker, std::move(call), request, tenant));
    sign_in->begin();
  } catch (const std::bad_alloc&) {
    held->drop();
  }
}

}  // namespace ferryman::front
