#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

#include "exchange/outcome.h"
#include "exchange/timer_queue.h"
#include "kerberos/request.h"
#include "local/caller.h"

namespace ferryman::exchange {

class RealmCaller;
class RealmLink;

// Why ferryman-realm has not answered, as fixed words for events.
namespace no_answer {
inline constexpr std::string_view not_running = "realm_not_running";  // no socket that may be used
inline constexpr std::string_view lost = "realm_lost";                // the socket ended under the request
inline constexpr std::string_view busy = "realm_busy";                // too many requests wait, here or there
inline constexpr std::string_view failed = "realm_failed";            // it could not carry the request out
inline constexpr std::string_view silent = "realm_silent";            // it wants nothing to go back
inline constexpr std::string_view unfit = "realm_unfit";  // the request is over a limit of local/limits.h
inline constexpr std::string_view abandoned = "client_gone";
inline constexpr std::string_view deadline = "deadline";
}  // namespace no_answer

// One request to ferryman-realm. Ends once, by finish(); its views must be valid until then. What was not
// written before the socket ended is asked again by another one; of the rest nobody knows whether it has been
// carried out, so it ends.
class RealmCall : public boost::intrusive_ref_counter<RealmCall, boost::thread_unsafe_counter>,
                  private TimerQueue::Timer {
 public:
  using Clock = std::chrono::steady_clock;
  using Content = decltype(local::Caller::Answer::content);

  // Sends it. May end it at once.
  void begin();
  // Nobody waits for the answer any more. A request that must not be repeated goes on all the same.
  void abandon();

 protected:
  RealmCall(RealmCaller& caller, Clock::time_point deadline) : caller_(caller), deadline_(deadline) {}

  // Puts the request into that caller; nothing when it is over a limit.
  virtual std::optional<std::uint32_t> put(local::Caller& caller) const = 0;
  virtual bool must_go_on() const { return false; }
  virtual void take(Content& content) = 0;
  // written: ferryman-realm may have carried it out.
  virtual void fail(Status status, std::string_view why, bool written) = 0;

 private:
  friend class RealmCaller;
  friend class RealmLink;

  void on_timer() override;
  void finish(Content& content);
  void finish(Status status, std::string_view why, bool written);
  bool end();

  RealmCaller& caller_;
  const Clock::time_point deadline_;
  RealmLink* link_ = nullptr;  // by which it was asked, and as what
  std::uint32_t id_ = 0;
  bool ended_ = false;
};
using RealmCallPtr = boost::intrusive_ptr<RealmCall>;

// A Kerberos message; the answer has to fit it as a KDC's has.
class RealmExchange final : public RealmCall {
 public:
  // request.message is what about has parsed.
  RealmExchange(RealmCaller& caller, const local::KerberosRequest& request, const kerberos::Request& about,
                Clock::time_point deadline, OutcomeHandlerPtr handler);

 private:
  std::optional<std::uint32_t> put(local::Caller& caller) const override { return caller.ask(request_); }
  bool must_go_on() const override { return !about_.repeatable(); }
  void take(Content& content) override;
  void fail(Status status, std::string_view why, bool written) override;
  void tell(Outcome& outcome);

  const local::KerberosRequest request_;
  const kerberos::Request& about_;
  OutcomeHandlerPtr handler_;
};

// What came of an HTTP request.
struct HttpOutcome {
  Status status = Status::no_kdc;
  std::string_view why;          // of what is not answered: no_answer's
  local::HttpResponse response;  // only when answered
};

class HttpOutcomeHandler
    : public boost::intrusive_ref_counter<HttpOutcomeHandler, boost::thread_unsafe_counter> {
 public:
  virtual ~HttpOutcomeHandler() = default;
  virtual void on_outcome(HttpOutcome& outcome) = 0;
};
using HttpOutcomeHandlerPtr = boost::intrusive_ptr<HttpOutcomeHandler>;

class RealmHttpCall final : public RealmCall {
 public:
  RealmHttpCall(RealmCaller& caller, const local::HttpRequest& request, Clock::time_point deadline,
                HttpOutcomeHandlerPtr handler);

 private:
  std::optional<std::uint32_t> put(local::Caller& caller) const override { return caller.ask(request_); }
  void take(Content& content) override;
  void fail(Status status, std::string_view why, bool written) override;

  const local::HttpRequest request_;
  HttpOutcomeHandlerPtr handler_;
};

// Asks what ferryman-realm has done; nothing, where it does not say so in time.
class RealmStatusCall final : public RealmCall {
 public:
  using Take = std::function<void(std::optional<local::Status>)>;
  // take is called once.
  RealmStatusCall(RealmCaller& caller, Clock::time_point deadline, Take take)
      : RealmCall(caller, deadline), take_(std::move(take)) {}

 private:
  std::optional<std::uint32_t> put(local::Caller& caller) const override {
    return caller.ask(local::StatusRequest());
  }
  void take(Content& content) override { take_(std::move(std::get<local::Status>(content))); }
  void fail(Status, std::string_view, bool) override { take_(std::nullopt); }

  const Take take_;
};

}  // namespace ferryman::exchange
