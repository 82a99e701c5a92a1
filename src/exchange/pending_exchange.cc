#include "exchange/pending_exchange.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <tuple>
#include <utility>

namespace ferryman::exchange {
namespace {

using locate::Kdc;
using locate::Transport;
using std::chrono::milliseconds;

// A datagram may be lost: a silent list is gone through again this often.
constexpr unsigned udp_rounds = 3;
constexpr milliseconds least_patience{10};
constexpr milliseconds ask_budget_again{100};

// Slower than another KDC by more than a network's usual changes.
bool is_slow(TransportHealth::Latency average, TransportHealth::Latency best) {
  constexpr int times = 3;
  constexpr milliseconds margin{20};
  return average > times * best + margin;
}

}  // namespace

PendingExchange::PendingExchange(std::shared_ptr<Upstream> upstream, const kerberos::Request& request,
                                 locate::KdcList kdcs, Clock::time_point deadline, OutcomeHandlerPtr handler,
                                 Purpose purpose)
    : kdcs_(std::move(kdcs)),
      deadline_(deadline),
      handler_(std::move(handler)),
      purpose_(purpose),
      state_(std::move(upstream), request) {
  state_.outcome.kdcs = kdcs_;
}

void PendingExchange::begin(Clock::time_point now) {
  plan(now);
  advance(now);
}

// Those that serve by rank and lot, but slow ones behind the others of their rank; then those set aside.
void PendingExchange::plan(Clock::time_point now) {
  struct Place {
    Target target;
    bool aside, slow;
    double lot;
    TransportHealth::Latency average;
  };
  state_.upstream.budget.note_request();
  boost::container::small_vector<Place, few_kdcs> places;
  places.reserve(kdcs_->size());
  for (const Kdc& kdc : *kdcs_) {
    KdcRecordPtr record = state_.upstream.memory.of(key_of(kdc));
    if (purpose_ == Purpose::user) record->planned_at = now;
    const auto average =
        record->health.is_known(now) ? record->health.average() : TransportHealth::Latency(0);
    const bool aside = !record->health.serving();
    const double lot = kdcs_->size() > 1 ? locate::draw_lot(kdc.weight, state_.upstream.random) : 0;
    places.push_back({{&kdc, std::move(record)}, aside, false, lot, average});
  }
  if (places.size() > 1) {
    for (Place& place : places) {
      place.slow = std::any_of(places.begin(), places.end(), [&](const Place& other) {
        return other.target.kdc->rank == place.target.kdc->rank && !other.aside &&
               other.average.count() > 0 && is_slow(place.average, other.average);
      });
    }
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      return std::tie(a.aside, a.target.kdc->rank, a.slow, a.lot) <
             std::tie(b.aside, b.target.kdc->rank, b.slow, b.lot);
    });
  }
  targets_.reserve(places.size());  // the steps point into it
  for (Place& place : places) {
    targets_.push_back(std::move(place.target));
    plan_kdc(targets_.back());
  }
  if (!steps_.empty()) last_ = steps_.front();
}

void PendingExchange::plan_kdc(const Target& target) {
  const kerberos::Request& request = state_.request;
  const Transport transport = target.kdc->transport;
  const bool udp_first = transport == Transport::any && state_.repeatable &&
                         request.bytes.size() <= state_.options.max_udp_request &&
                         target.record->replies_fit(request.kind, state_.options.max_udp_reply);
  if (transport == Transport::udp || udp_first) {
    steps_.push_back({&target, Transport::udp});
    udp_steps_.push_back(steps_.back());
  }
  if (transport != Transport::udp) steps_.push_back({&target, Transport::tcp});
}

bool PendingExchange::is_running(const Target& target) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const Running& attempt) { return attempt.step.target->record == target.record; });
}

// While one is silent another KDC comes before the same KDC by another transport.
PendingExchange::Steps::iterator PendingExchange::next_step() {
  const auto other = std::find_if(steps_.begin(), steps_.end(),
                                  [this](const Step& step) { return !is_running(*step.target); });
  return other == steps_.end() ? steps_.begin() : other;
}

bool PendingExchange::may_start(Clock::time_point now) {
  if (steps_.empty() || (state_.written && !state_.repeatable)) return false;
  if (running_.empty()) return true;
  return state_.repeatable && now >= next_at_ && may_hedge(now);
}

// The same KDC by another transport, or by another datagram, costs nobody anything. Another KDC is asked
// while one is silent if the budget allows it, or if the silent one has failed others meanwhile.
bool PendingExchange::may_hedge(Clock::time_point now) {
  Running& last = running_.back();
  if (is_running(*next_step()->target) || rounds_ > 1) return true;
  if (now - last.begun >= state_.options.hedge_delay) note_silence(last, now);
  if (!last.step.target->record->health.serving()) return true;
  if (state_.upstream.budget.take()) {
    hedged_ = true;
    return true;
  }
  next_at_ = std::max(now + ask_budget_again, last.begun + state_.options.hedge_delay);
  return false;
}

// How long the KDC that was asked last may be silent before the next is asked as well: as long as nearly
// all of its answers took.
milliseconds PendingExchange::patience() const {
  const milliseconds most = state_.options.hedge_delay * rounds_;
  if (steps_.empty() || running_.empty()) return most;
  if (std::all_of(steps_.begin(), steps_.end(),
                  [this](const Step& step) { return is_running(*step.target); }))
    return most;
  const auto p95 = running_.back().step.target->record->health.p95();
  if (p95.count() == 0) return most;
  return std::min(most, std::max(least_patience, std::chrono::ceil<milliseconds>(p95)));
}

void PendingExchange::start(Clock::time_point now) {
  const auto next = next_step();
  auto& attempt = running_.emplace_back();
  attempt.step = last_ = *next;
  attempt.begun = now;
  steps_.erase(next);
  KdcCounts& counts = attempt.step.target->record->counts;
  ++counts.requests;
  if (std::exchange(hedged_, false)) {
    ++counts.hedges;
    state_.outcome.hedged = true;
  }
  next_at_ = now + patience();
  const auto at = std::prev(running_.end());
  const bool udp = attempt.step.transport == Transport::udp;
  const Target& target = *attempt.step.target;
  const auto end =
      udp ? attempt.udp.emplace(state_, target).send(now) : attempt.tcp.emplace(state_, target).begin(now);
  if (end) return attempt_ended(at, *end, now);
  state_.upstream.busy_poll->begin(now, target.record->health.p95());
  limit_connecting(attempt, now);
  await(at);
}

void PendingExchange::await(Attempts::iterator attempt) {
  if (attempt->udp) return attempt->udp->wait(SocketReaderPtr(this));
  if (attempt->tcp->reading()) return attempt->tcp->wait(SocketReaderPtr(this));
  attempt->tcp->wait_to_write([self = Self(this), attempt](boost::system::error_code) {
    if (!attempt->over) self->proceed(attempt);
  });
}

void PendingExchange::on_readable(const void* pooled) {
  const auto attempt = std::find_if(running_.begin(), running_.end(), [pooled](const Running& running) {
    return running.udp ? running.udp->has(pooled) : running.tcp && running.tcp->has(pooled);
  });
  if (attempt != running_.end()) proceed(attempt);
}

void PendingExchange::proceed(Attempts::iterator attempt) {
  const auto now = Clock::now();
  const bool was_connecting = attempt->tcp && attempt->tcp->connecting();
  std::optional<AttemptEnd> end;
  try {
    end = attempt->udp ? attempt->udp->receive(now) : attempt->tcp->proceed(now);
    if (!end) {
      // A kept connection that died is replaced, which may take as long as any.
      if (!was_connecting) limit_connecting(*attempt, now);
      return await(attempt);
    }
  } catch (const std::bad_alloc&) {
    // Where the answer has come, only its socket could not be kept.
    end = state_.answered ? AttemptEnd::answered : AttemptEnd::failed;
  }
  attempt_ended(attempt, *end, now);
  advance(now);
}

void PendingExchange::note_failure(const Step& step) {
  state_.upstream.note_failure(*step.target->kdc, *step.target->record, state_.request.realm());
}

void PendingExchange::note_silence(Running& attempt, Clock::time_point now) {
  if (std::exchange(attempt.noted_silent, true)) return;
  const Target& target = *attempt.step.target;
  state_.upstream.note_silence(*target.kdc, *target.record, state_.request.realm());
  if (!state_.repeatable) return;
  const auto silent = std::chrono::duration_cast<TransportHealth::Latency>(now - attempt.begun);
  target.record->health.note_latency(now, silent);
}

// At the end: those that were asked before the one that answered, or that had time enough.
void PendingExchange::note_silent_ones(Clock::time_point now) {
  for (Running& attempt : running_) {
    const bool outrun = answered_by_ != nullptr && attempt.step.target->record.get() != answered_by_ &&
                        attempt.begun < answered_attempt_begun_;
    const bool had_time = !state_.answered && now - attempt.begun >= state_.options.hedge_delay;
    if (outrun || had_time) note_silence(attempt, now);
  }
}

void PendingExchange::attempt_ended(Attempts::iterator attempt, AttemptEnd end, Clock::time_point now) {
  const Step step = attempt->step;
  const Kdc& kdc = *step.target->kdc;
  KdcRecord& record = *step.target->record;
  const auto begun = attempt->begun;
  attempt->over = true;
  attempt->udp.reset();
  attempt->tcp.reset();
  finished_.splice(finished_.end(), running_, attempt);
  switch (end) {
    case AttemptEnd::answered:
      answered_by_ = &record;
      answered_attempt_begun_ = begun;
      state_.upstream.note_answer(kdc, record);
      if (state_.repeatable)
        record.health.note_latency(now, std::chrono::duration_cast<TransportHealth::Latency>(now - begun));
      break;
    case AttemptEnd::too_big:
      record.note_too_big(state_.request.kind);
      break;
    case AttemptEnd::failed:
      note_failure(step);
      break;
    case AttemptEnd::connect_failed:
      // A service that has UDP only, such as Heimdal's kpasswdd. A datagram may be the only one that a
      // request has, so it is not spent before the others have been tried.
      if (kdc.transport == Transport::any && step.transport == Transport::tcp &&
          state_.request.bytes.size() <= state_.options.max_udp_request) {
        const Step by_udp{step.target, Transport::udp};
        steps_.insert(state_.repeatable ? steps_.begin() : steps_.end(), by_udp);
        udp_steps_.push_back(by_udp);
      }
      note_failure(step);
      break;
    case AttemptEnd::no_socket:
      state_.outcome.no_socket = true;
      break;
  }
}

// Whether a KDC that answers, but late, is still to be given time: to ask it again would only make it later.
bool PendingExchange::expects_answer(Clock::time_point now) {
  const Running& last = running_.back();
  const TransportHealth& health = last.step.target->record->health;
  if (!health.answers() || !health.is_known(now)) return false;
  constexpr int times = 2;
  const auto most = last.begun + times * state_.options.hedge_delay;
  next_at_ = std::max(next_at_, std::min<Clock::time_point>(last.begun + times * health.average(), most));
  return now < next_at_;
}

// All has been asked and is silent: the datagrams once more.
bool PendingExchange::goes_round(Clock::time_point now) {
  const bool silent = !running_.empty() && steps_.empty() && state_.repeatable && now >= next_at_;
  if (!silent || rounds_ >= udp_rounds || udp_steps_.empty() || expects_answer(now)) return false;
  ++rounds_;
  steps_.assign(udp_steps_.begin(), udp_steps_.end());
  return true;
}

void PendingExchange::advance(Clock::time_point now) {
  const Self self(this);
  try {
    do_what_can_be_done(now);
  } catch (const std::bad_alloc&) {
    if (handler_) finish(now);  // with no_kdc
  }
}

// Then waits for an attempt or for the next point of time.
void PendingExchange::do_what_can_be_done(Clock::time_point now) {
  while (handler_) {
    if (state_.answered) return finish(now);
    if (now >= deadline_) {
      state_.outcome.status = Status::deadline;
      return finish(now);
    }
    if (may_start(now)) {
      start(now);
    } else if (running_.empty()) {
      state_.outcome.status = Status::no_kdc;
      return finish(now);
    } else if (!goes_round(now)) {
      return state_.upstream.timers->set(*this, next_timer());
    }
  }
}

PendingExchange::Clock::time_point PendingExchange::next_timer() const {
  const bool more = state_.repeatable && (!steps_.empty() || (rounds_ < udp_rounds && !udp_steps_.empty()));
  auto next = more ? std::min(deadline_, next_at_) : deadline_;
  for (const Running& attempt : running_) {
    if (attempt.tcp && attempt.tcp->connecting()) next = std::min(next, attempt.connect_until);
  }
  return next;
}

void PendingExchange::on_timer() {
  const Self self(this);
  const auto now = Clock::now();
  give_up_connecting(now);
  advance(now);
}

// Where a connection has just been begun.
void PendingExchange::limit_connecting(Running& attempt, Clock::time_point now) {
  if (!attempt.tcp || !attempt.tcp->connecting()) return;
  attempt.connect_until = now + state_.options.connect_timeout;
  state_.upstream.timers->set(*this, next_timer());
}

void PendingExchange::give_up_connecting(Clock::time_point now) {
  for (auto attempt = running_.begin(); attempt != running_.end();) {
    const auto each = attempt++;
    if (each->tcp && each->tcp->connecting() && now >= each->connect_until)
      attempt_ended(each, AttemptEnd::connect_failed, now);
  }
}

void PendingExchange::abandon() {
  if (!handler_ || (state_.written && !state_.repeatable)) return;
  abandoned_ = true;
  finish(Clock::now());
}

// The attempts that are still under way end with their sockets; their waits find that they are over.
void PendingExchange::finish(Clock::time_point now) {
  const Self self(this);
  TimerQueue::cancel(*this);
  state_.upstream.busy_poll->end();
  if (!abandoned_) note_silent_ones(now);
  for (Running& attempt : running_) {
    attempt.over = true;
    attempt.udp.reset();
    attempt.tcp.reset();
  }
  if (!state_.answered && last_.target != nullptr) {
    state_.outcome.kdc = last_.target->kdc;
    state_.outcome.transport = last_.transport;
  }
  state_.outcome.ended = now;
  std::exchange(handler_, nullptr)->on_outcome(state_.outcome);
}

}  // namespace ferryman::exchange
