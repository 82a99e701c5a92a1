#include "exchange/upstream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

#include "exchange/health_check.h"
#include "exchange/run_exchange.h"

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;

constexpr seconds check_time{2};
constexpr std::chrono::minutes unused_time{10};  // a KDC that is on nobody's list any more is let be

// Not all workers at the same moment.
TransportHealth::Clock::duration jitter() {
  constexpr unsigned most_ms = 250;
  return std::chrono::milliseconds(std::random_device{}() % most_ms);
}

discovery::Transport other_than(discovery::Transport transport) {
  return transport == discovery::Transport::udp ? discovery::Transport::tcp : discovery::Transport::udp;
}

discovery::Kdc with_transport(const KdcTransport& asked) {
  discovery::Kdc kdc = asked.kdc;
  kdc.transport = asked.transport;
  return kdc;
}

}  // namespace

void Upstream::note_answer(const KdcTransport& asked, Clock::time_point now) {
  ++asked.own().counts.answers;
  note_alive(asked, now);
}

void Upstream::note_alive(const KdcTransport& asked, Clock::time_point now) {
  asked.own().health.note_answer(now);
  serves_again(asked);
}

void Upstream::note_passed_trial(const KdcTransport& asked, Clock::time_point now) {
  ++asked.own().counts.answers;
  asked.own().health.note_passed_trial(now);
  serves_again(asked);
}

void Upstream::note_failure(const KdcTransport& asked, std::string_view realm, Clock::time_point now) {
  ++asked.own().counts.failures;
  asked.own().health.note_failure(now);
  after_failure(asked, realm);
}

void Upstream::note_silence(const KdcTransport& asked, std::string_view realm, const Silence& silence,
                            Clock::time_point now) {
  TransportRecord& own = asked.own();
  ++own.counts.failures;
  if (silence.long_enough && own.health.last_answer() < silence.since) {
    own.health.note_silence(now, silence.octets);
    own.sockets_since = now;
  } else {
    own.health.note_outrun(now, silence.octets);
  }
  if (own.health.usable()) return;
  after_failure(asked, realm);
  if (silence.kdc_answers || asked.kdc.transport != discovery::Transport::any) return;
  const KdcTransport not_asked{asked.kdc, other_than(asked.transport), asked.record};
  if (!not_asked.own().health.usable() || not_asked.own().health.last_answer() >= silence.since) return;
  not_asked.own().health.suspect(now);
  begin_trials(not_asked, realm);
}

void Upstream::serves_again(const KdcTransport& asked) {
  if (!std::exchange(asked.own().told_dead, false)) return;
  if (on_change) on_change(with_transport(asked), true);
  // The KDC is back, it seems: its other transport need not wait for long.
  const auto other = other_than(asked.transport);
  const auto trials = trials_.find({key_of(asked.kdc), other});
  if (trials == trials_.end()) return;
  asked.record.of(other).health.end_pause(Clock::now());
  trials->second->cancel();
}

void Upstream::after_failure(const KdcTransport& asked, std::string_view realm) {
  const bool tell = !asked.own().health.only_suspected() && !std::exchange(asked.own().told_dead, true);
  if (tell && on_change) on_change(with_transport(asked), false);
  begin_trials(asked, realm);
}

void Upstream::begin_trials(const KdcTransport& failed, std::string_view realm) {
  const TransportKey key{key_of(failed.kdc), failed.transport};
  if (closed_ || trials_.contains(key)) return;
  auto timer = std::make_shared<asio::steady_timer>(io);
  trials_[key] = timer;
  auto trials = run_trials(shared_from_this(), with_transport(failed), std::string(realm), std::move(timer));
  asio::co_spawn(io, std::move(trials), asio::detached);
}

// With the coroutine itself, so that the next failure begins the next trial.
struct Upstream::EndOfTrials {
  Upstream& upstream;
  const TransportKey key;
  ~EndOfTrials() { upstream.trials_.erase(key); }
};

asio::awaitable<void> Upstream::run_trials(std::shared_ptr<Upstream> self, discovery::Kdc kdc,
                                           std::string realm, std::shared_ptr<asio::steady_timer> timer) {
  const EndOfTrials end{*self, TransportKey(key_of(kdc), kdc.transport)};
  while (true) {
    timer->expires_at(self->memory.of(key_of(kdc))->of(kdc.transport).health.retry_at() + jitter());
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (self->closed_) co_return;
    const KdcRecordPtr record = self->memory.of(key_of(kdc));
    TransportHealth& health = record->of(kdc.transport).health;
    if (health.has_answered()) co_return;
    if (Clock::now() < health.retry_at()) continue;  // it has failed again meanwhile
    if (realm.empty() || Clock::now() - record->planned_at > unused_time) {
      health.forget_failure();
      self->serves_again({kdc, kdc.transport, *record});
      co_return;
    }
    health.begin_trial();
    co_await self->check(kdc, realm, health.unanswered_octets());
    if (self->closed_ || health.has_answered()) co_return;
    if (health.state() == TransportHealth::State::on_trial)
      self->note_failure({kdc, kdc.transport, *record}, realm, Clock::now());
  }
}

// One exchange like any other, so that its outcome is noted as any other's.
asio::awaitable<void> Upstream::check(discovery::Kdc kdc, std::string realm, std::size_t octets) {
  const std::vector<std::uint8_t> message = health_check_request(realm, octets);
  const auto request = kerberos::parse_request(message);
  if (!request) co_return;
  const auto only = std::make_shared<const std::vector<discovery::Kdc>>(1, std::move(kdc));
  co_await run_exchange(shared_from_this(), *request, only, Clock::now() + check_time,
                        PendingExchange::Purpose::health_check);
}

void Upstream::close() {
  closed_ = true;
  timers->stop();
  for (const auto& [key, timer] : trials_) timer->cancel();
}

}  // namespace ferryman::exchange
