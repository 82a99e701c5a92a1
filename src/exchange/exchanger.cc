#include "exchange/exchanger.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <list>

#include "exchange/attempt.h"

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using locate::Kdc;
using locate::Transport;

// A datagram may be lost: a silent list is gone through again this often.
constexpr unsigned udp_rounds = 3;

struct Step {
  Kdc kdc;
  Transport transport;  // udp or tcp
};

// One exchange's plan and its attempts.
class Contest : public std::enable_shared_from_this<Contest> {
 public:
  Contest(Upstream& upstream, const kerberos::Request& request, const std::vector<Kdc>& kdcs)
      : race_(upstream, request), repeatable_(request.repeatable()) {
    plan(kdcs);
  }

  asio::awaitable<Outcome> run(Clock::time_point deadline);

 private:
  void plan(const std::vector<Kdc>& kdcs);
  void plan_kdc(const Kdc& kdc);
  bool may_start() const;
  void start();
  void attempt_ended(const Step& step, AttemptEnd end);
  void fall_silent();

  Race race_;
  const bool repeatable_;
  std::deque<Step> steps_;
  std::vector<Step> udp_steps_;  // to be asked again when all is silent
  unsigned rounds_ = 1;
  std::list<asio::cancellation_signal> signals_;
  Clock::time_point hedge_at_{};
  Step last_{};
};

// In the given order, those that failed lately behind the others.
void Contest::plan(const std::vector<Kdc>& kdcs) {
  const auto now = Clock::now();
  const auto& memory = race_.upstream.memory;
  for (const bool failed : {false, true}) {
    for (const Kdc& kdc : kdcs) {
      if (memory.failed_lately(key_of(kdc), now) == failed) plan_kdc(kdc);
    }
  }
  if (!kdcs.empty()) race_.outcome.kdc = kdcs.front();
}

void Contest::plan_kdc(const Kdc& kdc) {
  const kerberos::Request& request = race_.request;
  const bool udp_first =
      kdc.transport == Transport::any && repeatable_ &&
      request.bytes.size() <= race_.options.max_udp_request &&
      race_.upstream.memory.replies_fit(key_of(kdc), request.kind, race_.options.max_udp_reply);
  if (kdc.transport == Transport::udp || udp_first) {
    steps_.push_back({kdc, Transport::udp});
    udp_steps_.push_back(steps_.back());
  }
  if (kdc.transport != Transport::udp) steps_.push_back({kdc, Transport::tcp});
}

bool Contest::may_start() const {
  if (steps_.empty() || (race_.written && !repeatable_)) return false;
  return race_.running == 0 || (repeatable_ && Clock::now() >= hedge_at_);
}

void Contest::start() {
  if (race_.running > 0) fall_silent();
  const Step step = steps_.front();
  steps_.pop_front();
  last_ = step;
  hedge_at_ = Clock::now() + race_.options.hedge_delay * rounds_;
  ++race_.running;
  race_.outcome.kdc = step.kdc;
  race_.outcome.transport = step.transport;
  auto ended = [self = shared_from_this(), step](const std::exception_ptr& error, AttemptEnd end) {
    self->attempt_ended(step, error ? AttemptEnd::failed : end);
  };
  auto attempt = step.transport == Transport::udp ? ask_udp(race_, step.kdc) : ask_tcp(race_, step.kdc);
  auto& signal = signals_.emplace_back();
  asio::co_spawn(race_.upstream.io, std::move(attempt),
                 asio::bind_cancellation_slot(signal.slot(), std::move(ended)));
}

// The KDC asked last has said nothing for hedge_delay.
void Contest::fall_silent() {
  race_.upstream.memory.note_failure(key_of(last_.kdc), Clock::now());
}

void Contest::attempt_ended(const Step& step, AttemptEnd end) {
  --race_.running;
  race_.wake.cancel();
  KdcMemory& memory = race_.upstream.memory;
  const KdcKey key = key_of(step.kdc);
  switch (end) {
    case AttemptEnd::answered:
      memory.note_success(key);
      break;
    case AttemptEnd::too_big:
      memory.note_too_big(key, race_.request.kind);
      break;
    case AttemptEnd::failed:
      memory.note_failure(key, Clock::now());
      break;
    case AttemptEnd::connect_failed:
      memory.note_failure(key, Clock::now());
      // A service that has UDP only, such as Heimdal's kpasswdd.
      if (step.kdc.transport == Transport::any && step.transport == Transport::tcp &&
          race_.request.bytes.size() <= race_.options.max_udp_request) {
        steps_.push_front({step.kdc, Transport::udp});
        udp_steps_.push_back(steps_.front());
      }
      break;
    case AttemptEnd::no_socket:
      race_.outcome.no_socket = true;
      break;
    case AttemptEnd::cancelled:
      break;
  }
}

asio::awaitable<Outcome> Contest::run(Clock::time_point deadline) {
  bool abandoned = false;
  while (!race_.answered && !abandoned) {
    if (Clock::now() >= deadline) {
      race_.outcome.status = Status::deadline;
      break;
    }
    if (may_start()) {
      start();
      continue;
    }
    const bool silent = race_.running > 0 && steps_.empty() && repeatable_ && Clock::now() >= hedge_at_;
    if (silent && rounds_ < udp_rounds && !udp_steps_.empty()) {
      ++rounds_;
      steps_.assign(udp_steps_.begin(), udp_steps_.end());
      continue;
    }
    if (race_.running == 0) {
      race_.outcome.status = Status::no_kdc;
      break;
    }
    const bool hedge = repeatable_ && (!steps_.empty() || (rounds_ < udp_rounds && !udp_steps_.empty()));
    race_.wake.expires_at(hedge ? std::min(deadline, hedge_at_) : deadline);
    boost::system::error_code ignored;
    co_await race_.wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto state = co_await asio::this_coro::cancellation_state;
    // What a KDC has seen and must see once is waited for even when nobody waits for the answer.
    abandoned = state.cancelled() != asio::cancellation_type::none && !(race_.written && !repeatable_);
  }
  // A KDC that let the deadline pass is asked later than others next time.
  if (race_.outcome.status == Status::deadline && race_.running > 0) fall_silent();
  for (auto& signal : signals_) signal.emit(asio::cancellation_type::terminal);
  while (race_.running > 0) {
    race_.wake.expires_at(Clock::time_point::max());
    boost::system::error_code ignored;
    co_await race_.wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return std::move(race_.outcome);
}

}  // namespace

struct Exchanger::Impl {
  explicit Impl(asio::io_context& io) : upstream(io) {}
  Upstream upstream;
};

Exchanger::Exchanger(asio::io_context& io, const Options& options) : impl_(std::make_unique<Impl>(io)) {
  set_options(options);
}

Exchanger::~Exchanger() = default;

void Exchanger::set_options(const Options& options) {
  impl_->upstream.options = options;
  impl_->upstream.pool.set_limits(options.idle_connections, options.idle_timeout);
}

asio::awaitable<Outcome> Exchanger::exchange(const kerberos::Request& request, locate::KdcList kdcs,
                                             Clock::time_point deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto contest = std::make_shared<Contest>(impl_->upstream, request, *kdcs);
  co_return co_await contest->run(deadline);
}

}  // namespace ferryman::exchange
