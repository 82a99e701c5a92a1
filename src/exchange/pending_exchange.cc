#include "exchange/pending_exchange.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <tuple>
#include <utility>

namespace ferryman::exchange {
namespace {

using discovery::Kdc;
using discovery::Transport;
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

// What a transport that nothing is known of is given, where the other one's average is known.
milliseconds a_few_times(TransportHealth::Latency average) {
  constexpr int times = 4;
  constexpr milliseconds least{100};
  return std::max(least, times * std::chrono::ceil<milliseconds>(average));
}

}  // namespace

PendingExchange::PendingExchange(std::shared_ptr<Upstream> upstream, const kerberos::Request& request,
                                 discovery::KdcList kdcs, Clock::time_point deadline,
                                 OutcomeHandlerPtr handler, Purpose purpose, std::string_view realm)
    : kdcs_(std::move(kdcs)),
      deadline_(deadline),
      handler_(std::move(handler)),
      purpose_(purpose),
      state_(std::move(upstream), request, realm) {
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
    Transports transports;
    bool slow;
    double lot;
    TransportHealth::Latency average;
  };
  state_.upstream.budget.note_request();
  boost::container::small_vector<Place, few_kdcs> places;
  places.reserve(kdcs_->size());
  for (const Kdc& kdc : *kdcs_) {
    KdcRecordPtr record = state_.upstream.memory.of(key_of(kdc));
    if (purpose_ == Purpose::user) record->planned_at = now;
    const Transports transports = transports_for(kdc, *record);
    const TransportHealth& health = record->of(transports.first).health;
    const auto average = health.is_known(now) ? health.average() : TransportHealth::Latency(0);
    const double lot = kdcs_->size() > 1 ? discovery::draw_lot(kdc.weight, state_.upstream.random) : 0;
    places.push_back({{&kdc, std::move(record)}, transports, false, lot, average});
  }
  if (places.size() > 1) {
    for (Place& place : places) {
      place.slow = std::any_of(places.begin(), places.end(), [&](const Place& other) {
        return other.target.kdc->rank == place.target.kdc->rank && !other.transports.aside &&
               other.average.count() > 0 && is_slow(place.average, other.average);
      });
    }
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      return std::tie(a.transports.aside, a.target.kdc->rank, a.slow, a.lot) <
             std::tie(b.transports.aside, b.target.kdc->rank, b.slow, b.lot);
    });
  }
  targets_.reserve(places.size());  // the steps point into it
  for (Place& place : places) {
    targets_.push_back(std::move(place.target));
    add_step({&targets_.back(), place.transports.first});
    if (place.transports.then) add_step({&targets_.back(), *place.transports.then});
  }
  std::stable_partition(steps_.begin(), steps_.end(),
                        [](const Step& step) { return of(step).own().health.usable(); });
  if (!steps_.empty()) last_ = steps_.front();
}

// UDP goes first where that KDC's replies fit. What proves a secret goes by TCP, which makes up for what is
// lost on the way, since it cannot be asked again; by UDP only where TCP is dead and UDP has answered.
PendingExchange::Transports PendingExchange::transports_for(const Kdc& kdc, KdcRecord& record) const {
  if (kdc.transport != Transport::any)
    return {kdc.transport, std::nullopt, !record.of(kdc.transport).health.usable()};
  const kerberos::Request& request = state_.request;
  const TransportHealth &udp = record.udp().health, &tcp = record.tcp().health;
  const bool fits = request.bytes.size() <= state_.options.max_udp_request;
  if (!state_.repeatable) return {Transport::tcp, std::nullopt, !tcp.usable() && !udp.answers()};
  const bool replies_fit = record.replies_fit(request.kind, state_.options.max_udp_reply);
  if (fits && udp.usable() && (replies_fit || !tcp.usable())) return {Transport::udp, Transport::tcp, false};
  // TCP may turn out to be closed.
  if (fits && !tcp.has_answered()) return {Transport::tcp, Transport::udp, !tcp.usable()};
  return {Transport::tcp, std::nullopt, !tcp.usable()};
}

void PendingExchange::add_step(const Step& step) {
  steps_.push_back(step);
  if (step.transport == Transport::udp) udp_steps_.push_back(step);
}

bool PendingExchange::is_running(const Target& target) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const Attempt& attempt) { return attempt.step.target->record == target.record; });
}

// The step that may start now, if there is one. While a KDC is silent another one comes before the same by
// another transport or connection, which costs nobody anything.
PendingExchange::Steps::iterator PendingExchange::next_step(Clock::time_point now) {
  if (steps_.empty() || (state_.written && !state_.repeatable)) return steps_.end();
  if (running_.empty()) return steps_.begin();
  if (!state_.repeatable || now < next_at_) return steps_.end();
  const auto other = std::find_if(steps_.begin(), steps_.end(),
                                  [this](const Step& step) { return !is_running(*step.target); });
  if (other != steps_.end() && may_ask_another(now)) return other;
  const auto same = std::find_if(steps_.begin(), steps_.end(),
                                 [this](const Step& step) { return is_running(*step.target); });
  const auto silent_long = running_.back().silent_long(state_.options.hedge_delay);
  if (same != steps_.end() && now >= silent_long && !(same->anew && expects_answer(now))) return same;
  if (now >= next_at_) next_at_ = std::max(now + ask_budget_again, silent_long);
  return steps_.end();
}

// If the budget allows it, or if the silent one has answered nobody since.
bool PendingExchange::may_ask_another(Clock::time_point now) {
  if (rounds_ > 1) return true;
  Attempt& last = running_.back();
  if (now >= last.silent_long(state_.options.hedge_delay)) note_silence(last, now);
  if (!of(last.step).own().health.usable()) return true;
  hedged_ = state_.upstream.budget.take();
  return hedged_;
}

// How long the KDC that was asked last may be silent before the next step: as long as nearly all of its
// answers took. By UDP that nobody has tried yet, where TCP is known to work, a few times what TCP takes.
milliseconds PendingExchange::patience() const {
  const milliseconds most = state_.options.hedge_delay * rounds_;
  if (steps_.empty() || running_.empty()) return most;
  const Step& last = running_.back().step;
  KdcRecord& record = *last.target->record;
  if (last.transport == Transport::udp && !record.udp().health.has_answered() &&
      record.tcp().health.answers()) {
    return std::min(most, a_few_times(record.tcp().health.average()));
  }
  if (std::all_of(steps_.begin(), steps_.end(),
                  [this](const Step& step) { return is_running(*step.target); }))
    return most;
  const auto p95 = of(last).own().health.p95();
  if (p95.count() == 0) return most;
  return std::min(most, std::max(least_patience, std::chrono::ceil<milliseconds>(p95)));
}

void PendingExchange::start(const Steps::iterator& step, Clock::time_point now) {
  Attempt& attempt = running_.emplace_back();
  attempt.step = last_ = *step;
  attempt.begun = now;
  steps_.erase(step);
  TransportCounts& counts = of(attempt.step).own().counts;
  ++counts.requests;
  if (std::exchange(hedged_, false)) {
    ++counts.hedges;
    state_.outcome.hedged = true;
  }
  attempt.patience = patience();
  next_at_ = now + attempt.patience;
  const auto at = std::prev(running_.end());
  if (const auto end = begin_attempt(attempt, now)) return attempt_ended(at, *end, now);
  state_.upstream.busy_poll->begin(now, of(attempt.step).own().health.p95());
  limit_connecting(attempt, now);
  await(at);
}

std::optional<AttemptEnd> PendingExchange::begin_attempt(Attempt& attempt, Clock::time_point now) {
  const Target& target = *attempt.step.target;
  if (attempt.step.transport == Transport::udp) return attempt.udp.emplace(state_, target).send(now);
  const auto end = attempt.tcp.emplace(state_, target, attempt.step.anew).begin(now);
  // The way of a kept connection may have been forgotten by what is between.
  if (!end && attempt.tcp->on_kept_connection()) steps_.push_back({&target, Transport::tcp, true});
  return end;
}

void PendingExchange::await(Attempts::iterator attempt) {
  if (attempt->udp) return attempt->udp->wait(SocketReaderPtr(this));
  if (attempt->tcp->reading()) return attempt->tcp->wait(SocketReaderPtr(this));
  attempt->tcp->wait_to_write([self = Self(this), attempt](boost::system::error_code) {
    if (!attempt->over) self->proceed(attempt);
  });
}

void PendingExchange::on_readable(const void* pooled) {
  const auto attempt = std::find_if(running_.begin(), running_.end(), [pooled](const Attempt& running) {
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

void PendingExchange::note_failure(const Step& step, Clock::time_point now) {
  state_.upstream.note_failure(of(step), state_.request.realm(), now);
}

void PendingExchange::note_silence(Attempt& attempt, Clock::time_point now) {
  if (std::exchange(attempt.noted_silent, true)) return;
  const bool long_enough = now >= attempt.silent_long(state_.options.hedge_delay);
  if (long_enough && attempt.tcp && attempt.tcp->on_kept_connection()) {
    of(attempt.step).own().sockets_since = now;  // no word about the KDC
    return;
  }
  const bool kdc_answers = state_.answered && attempt.step.target->record == answered_by_.target->record;
  state_.upstream.note_silence(of(attempt.step), state_.request.realm(),
                               {attempt.begun, state_.request.bytes.size(), long_enough, kdc_answers}, now);
  if (!state_.repeatable) return;
  const auto silent = std::chrono::duration_cast<TransportHealth::Latency>(now - attempt.begun);
  of(attempt.step).own().health.note_latency(now, silent);
}

// At the end: those that were asked before the one that answered, or that had time enough.
void PendingExchange::note_silent_ones(Clock::time_point now) {
  for (Attempt& attempt : running_) {
    const Step& step = attempt.step;
    const bool same_kdc = state_.answered && step.target->record == answered_by_.target->record;
    const bool outrun = state_.answered && attempt.begun < answered_attempt_begun_ &&
                        (!same_kdc || step.transport != answered_by_.transport);
    const bool had_time = !state_.answered && now >= attempt.silent_long(state_.options.hedge_delay);
    const bool on_dead_connection = same_kdc && answered_by_.anew;
    if (outrun || had_time || on_dead_connection) note_silence(attempt, now);
    // Small answers have come by UDP since it was last set aside. Those to such requests do not.
    const bool lost_by_size = outrun && same_kdc && step.transport == Transport::udp;
    if (lost_by_size && of(step).own().health.times_set_aside() > 1)
      step.target->record->note_too_big(state_.request.kind);
  }
}

void PendingExchange::attempt_ended(Attempts::iterator attempt, AttemptEnd end, Clock::time_point now) {
  const Step step = attempt->step;
  const auto begun = attempt->begun;
  attempt->over = true;
  attempt->udp.reset();
  attempt->tcp.reset();
  finished_.splice(finished_.end(), running_, attempt);
  switch (end) {
    case AttemptEnd::answered:
      note_answer(step, begun, now);
      break;
    case AttemptEnd::too_big:
      note_too_big(step, now);
      break;
    case AttemptEnd::failed:
      note_failure(step, now);
      break;
    case AttemptEnd::connect_failed:
      if (step.transport == Transport::tcp) try_udp_next(step);
      note_failure(step, now);
      break;
    case AttemptEnd::no_socket:
      state_.outcome.no_socket = true;
      break;
  }
}

void PendingExchange::note_answer(const Step& step, Clock::time_point begun, Clock::time_point now) {
  answered_by_ = step;
  answered_attempt_begun_ = begun;
  if (purpose_ == Purpose::health_check) return state_.upstream.note_passed_trial(of(step), now);
  state_.upstream.note_answer(of(step), now);
  if (state_.repeatable)
    of(step).own().health.note_latency(now,
                                       std::chrono::duration_cast<TransportHealth::Latency>(now - begun));
}

// The KDC has done what was asked, and asks for TCP to say so. Another one must not do it again where it
// proves a secret.
void PendingExchange::note_too_big(const Step& step, Clock::time_point now) {
  state_.upstream.note_alive(of(step), now);
  step.target->record->note_too_big(state_.request.kind);
  if (state_.repeatable) return;
  steps_.clear();
  if (step.target->kdc->transport != Transport::any) return;
  state_.written = false;
  steps_.push_back({step.target, Transport::tcp});
}

// A service that has UDP only, such as Heimdal's kpasswdd. A datagram may be the only one that a request has,
// so it is not spent before the others have been tried.
void PendingExchange::try_udp_next(const Step& step) {
  const auto is_that = [&](const Step& other) {
    return other.target == step.target && other.transport == Transport::udp;
  };
  const auto has_that = [&](const Attempt& attempt) { return is_that(attempt.step); };
  const bool planned = std::any_of(steps_.begin(), steps_.end(), is_that) ||
                       std::any_of(running_.begin(), running_.end(), has_that) ||
                       std::any_of(finished_.begin(), finished_.end(), has_that);
  if (step.target->kdc->transport != Transport::any || planned ||
      state_.request.bytes.size() > state_.options.max_udp_request)
    return;
  const Step by_udp{step.target, Transport::udp};
  steps_.insert(state_.repeatable ? steps_.begin() : steps_.end(), by_udp);
  udp_steps_.push_back(by_udp);
}

// Whether a KDC that answers, but late, is still to be given time: to ask it again would only make it later.
bool PendingExchange::expects_answer(Clock::time_point now) {
  const Attempt& last = running_.back();
  const TransportHealth& health = of(last.step).own().health;
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
    if (const auto step = next_step(now); step != steps_.end()) {
      start(step, now);
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
  for (const Attempt& attempt : running_) {
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

// Where TCP is dead as far as is known, what may not be written twice still tries it, since a connection that
// comes about shows that it is not; but no longer than UDP would take a few times.
milliseconds PendingExchange::time_to_connect(const Step& step) const {
  const milliseconds most = state_.options.connect_timeout;
  KdcRecord& record = *step.target->record;
  const bool udp_is_left = !state_.repeatable && step.target->kdc->transport == Transport::any &&
                           !record.tcp().health.usable() && record.udp().health.answers();
  return udp_is_left ? std::min(most, a_few_times(record.udp().health.average())) : most;
}

// Where a connection has just been begun.
void PendingExchange::limit_connecting(Attempt& attempt, Clock::time_point now) {
  if (!attempt.tcp || !attempt.tcp->connecting()) return;
  attempt.connect_until = now + time_to_connect(attempt.step);
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
  for (Attempt& attempt : running_) {
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
