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
using Clock = TransportHealth::Clock;
using std::chrono::seconds;

constexpr seconds probe_time{2};
constexpr std::chrono::minutes unused_time{10};  // a KDC that is on nobody's list any more is let be

// Not all workers at the same moment.
Clock::duration jitter() {
  constexpr unsigned most_ms = 250;
  return std::chrono::milliseconds(std::random_device{}() % most_ms);
}

}  // namespace

void Upstream::note_answer(const locate::Kdc& kdc, KdcRecord& record) {
  const bool back = !record.health.serving();
  ++record.counts.answers;
  record.health.note_answer();
  if (back && on_change) on_change(kdc, true);
}

void Upstream::note_failure(const locate::Kdc& kdc, KdcRecord& record, std::string_view realm) {
  const bool was_serving = record.health.serving();
  ++record.counts.failures;
  record.health.note_failure(Clock::now());
  after_failure(kdc, realm, was_serving);
}

void Upstream::note_silence(const locate::Kdc& kdc, KdcRecord& record, std::string_view realm) {
  const bool was_serving = record.health.serving();
  ++record.counts.failures;
  record.health.note_silence(Clock::now());
  if (!record.health.serving()) after_failure(kdc, realm, was_serving);
}

void Upstream::after_failure(const locate::Kdc& kdc, std::string_view realm, bool was_serving) {
  if (was_serving && on_change) on_change(kdc, false);
  const KdcKey key = key_of(kdc);
  if (closed_ || trials_.contains(key)) return;
  auto timer = std::make_shared<asio::steady_timer>(io);
  trials_[key] = timer;
  asio::co_spawn(io, try_again(shared_from_this(), kdc, std::string(realm), std::move(timer)),
                 asio::detached);
}

// With the coroutine itself, so that the next failure begins the next trial.
struct Upstream::EndOfTrial {
  Upstream& upstream;
  const KdcKey& key;
  ~EndOfTrial() { upstream.trials_.erase(key); }
};

asio::awaitable<void> Upstream::try_again(std::shared_ptr<Upstream> self, locate::Kdc kdc, std::string realm,
                                          std::shared_ptr<asio::steady_timer> timer) {
  const KdcKey key = key_of(kdc);
  const EndOfTrial end{*self, key};
  while (true) {
    timer->expires_at(self->memory.of(key)->health.retry_at() + jitter());
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (self->closed_) co_return;
    const KdcRecordPtr held = self->memory.of(key);
    KdcRecord& record = *held;
    if (record.health.serving()) co_return;
    if (Clock::now() < record.health.retry_at()) continue;  // it has failed again meanwhile
    if (realm.empty() || Clock::now() - record.planned_at > unused_time) {
      record.health.end_pause();
      if (self->on_change) self->on_change(kdc, true);
      co_return;
    }
    record.health.begin_trial();
    co_await self->probe(kdc, realm);
    if (self->closed_ || record.health.serving()) co_return;
    if (record.health.state() == TransportHealth::State::on_trial) self->note_failure(kdc, record, realm);
  }
}

// One exchange like any other, so that its outcome is noted as any other's.
asio::awaitable<void> Upstream::probe(locate::Kdc kdc, std::string realm) {
  const std::vector<std::uint8_t> message = health_check_request(realm);
  const auto request = kerberos::parse_request(message);
  if (!request) co_return;
  const auto only = std::make_shared<const std::vector<locate::Kdc>>(1, std::move(kdc));
  co_await run_exchange(shared_from_this(), *request, only, Clock::now() + probe_time,
                        PendingExchange::Purpose::probe);
}

void Upstream::close() {
  closed_ = true;
  timers->stop();
  for (const auto& [key, timer] : trials_) timer->cancel();
}

}  // namespace ferryman::exchange
