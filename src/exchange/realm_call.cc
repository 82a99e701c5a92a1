#include "exchange/realm_call.h"

#include <utility>

#include "exchange/realm_caller.h"
#include "exchange/realm_link.h"

namespace ferryman::exchange {

void RealmCall::begin() {
  const RealmCallPtr self(this);
  caller_.timers().set(*this, deadline_);
  caller_.send(self);
}

void RealmCall::abandon() {
  if (ended_ || must_go_on()) return;
  if (link_ != nullptr) link_->abandon(*this);
  finish(Status::no_kdc, no_answer::abandoned, true);
}

void RealmCall::on_timer() {
  const RealmCallPtr self(this);
  const bool written = link_ != nullptr;
  if (written) link_->abandon(*this);
  finish(Status::deadline, no_answer::deadline, written);
}

bool RealmCall::end() {
  if (std::exchange(ended_, true)) return false;
  TimerQueue::cancel(*this);
  return true;
}

void RealmCall::finish(Content& content) {
  const RealmCallPtr self(this);
  if (!end()) return;
  if (const auto* refusal = std::get_if<local::Refusal>(&content)) {
    fail(Status::no_kdc, *refusal == local::Refusal::busy ? no_answer::busy : no_answer::failed,
         *refusal != local::Refusal::busy);
  } else {
    take(content);
  }
}

void RealmCall::finish(Status status, std::string_view why, bool written) {
  const RealmCallPtr self(this);
  if (end()) fail(status, why, written);
}

RealmExchange::RealmExchange(RealmCaller& caller, const local::KerberosRequest& request,
                             const kerberos::Request& about, Clock::time_point deadline,
                             OutcomeHandlerPtr handler)
    : RealmCall(caller, deadline), request_(request), about_(about), handler_(std::move(handler)) {}

void RealmExchange::take(Content& content) {
  const Bytes message = std::get<local::KerberosReply>(content).message;
  if (message.empty()) return fail(Status::no_kdc, no_answer::silent, true);
  Outcome outcome;
  outcome.tries = 1;
  const auto reply = kerberos::parse_reply(message, about_.kind);
  if (reply) {
    outcome.status = Status::answered;
    outcome.reply = *reply;
  } else {
    outcome.bad_reply = reply.error();
  }
  tell(outcome);
}

void RealmExchange::fail(Status status, std::string_view why, bool written) {
  Outcome outcome;
  outcome.status = status;
  outcome.why = why;
  outcome.tries = written ? 1 : 0;
  tell(outcome);
}

void RealmExchange::tell(Outcome& outcome) {
  outcome.ended = Clock::now();
  const auto handler = std::move(handler_);
  handler->on_outcome(outcome);
}

RealmHttpCall::RealmHttpCall(RealmCaller& caller, const local::HttpRequest& request,
                             Clock::time_point deadline, HttpOutcomeHandlerPtr handler)
    : RealmCall(caller, deadline), request_(request), handler_(std::move(handler)) {}

void RealmHttpCall::take(Content& content) {
  HttpOutcome outcome{Status::answered, {}, std::move(std::get<local::HttpResponse>(content))};
  const auto handler = std::move(handler_);
  handler->on_outcome(outcome);
}

void RealmHttpCall::fail(Status status, std::string_view why, bool) {
  HttpOutcome outcome{status, why, {}};
  const auto handler = std::move(handler_);
  handler->on_outcome(outcome);
}

}  // namespace ferryman::exchange
