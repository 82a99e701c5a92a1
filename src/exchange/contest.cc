#include "exchange/contest.h"

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
bool is_slow(KdcHealth::Latency average, KdcHealth::Latency best) {
  constexpr int times = 3;
  constexpr milliseconds margin{20};
  return average > times * best + margin;
}

}  // namespace

Contest::Contest(std::shared_ptr<Upstream> upstream, const kerberos::Request& request, locate::KdcList kdcs,
                 Clock::time_point deadline, AskerPtr asker, Purpose purpose)
    : kdcs_(std::move(kdcs)),
      deadline_(deadline),
      asker_(std::move(asker)),
      purpose_(purpose),
      race_(std::move(upstream), request) {
  race_.outcome.kdcs = kdcs_;
}

void Contest::begin(Clock::time_point now) {
  plan(now);
  advance(now);
}

// Those that serve by rank and lot, but slow ones behind the others of their rank; then those set aside.
void Contest::plan(Clock::time_point now) {
  struct Place {
    Contender contender;
    bool aside, slow;
    double lot;
    KdcHealth::Latency average;
  };
  race_.upstream.budget.note_request();
  boost::container::small_vector<Place, few_kdcs> places;
  places.reserve(kdcs_->size());
  for (const Kdc& kdc : *kdcs_) {
    KdcRecordPtr record = race_.upstream.memory.of(key_of(kdc));
    if (purpose_ == Purpose::user) record->planned_at = now;
    const auto average = record->health.is_known(now) ? record->health.average() : KdcHealth::Latency(0);
    const bool aside = !record->health.serving();
    const double lot = kdcs_->size() > 1 ? locate::draw_lot(kdc.weight, race_.upstream.random) : 0;
    places.push_back({{&kdc, std::move(record)}, aside, false, lot, average});
  }
  if (places.size() > 1) {
    for (Place& place : places) {
      place.slow = std::any_of(places.begin(), places.end(), [&](const Place& other) {
        return other.contender.kdc->rank == place.contender.kdc->rank && !other.aside &&
               other.average.count() > 0 && is_slow(place.average, other.average);
      });
    }
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      return std::tie(a.aside, a.contender.kdc->rank, a.slow, a.lot) <
             std::tie(b.aside, b.contender.kdc->rank, b.slow, b.lot);
    });
  }
  contenders_.reserve(places.size());  // the steps point into it
  for (Place& place : places) {
    contenders_.push_back(std::move(place.contender));
    plan_kdc(contenders_.back());
  }
  if (!steps_.empty()) last_ = steps_.front();
}

void Contest::plan_kdc(const Contender& contender) {
  const kerberos::Request& request = race_.request;
  const Transport transport = contender.kdc->transport;
  const bool udp_first = transport == Transport::any && race_.repeatable &&
                         request.bytes.size() <= race_.options.max_udp_request &&
                         contender.record->replies_fit(request.kind, race_.options.max_udp_reply);
  if (transport == Transport::udp || udp_first) {
    steps_.push_back({&contender, Transport::udp});
    udp_steps_.push_back(steps_.back());
  }
  if (transport != Transport::udp) steps_.push_back({&contender, Transport::tcp});
}

bool Contest::is_running(const Contender& contender) const {
  return std::any_of(running_.begin(), running_.end(), [&](const Running& attempt) {
    return attempt.step.contender->record == contender.record;
  });
}

// While one is silent another KDC comes before the same KDC by another transport.
Contest::Steps::iterator Contest::next_step() {
  const auto other = std::find_if(steps_.begin(), steps_.end(),
                                  [this](const Step& step) { return !is_running(*step.contender); });
  return other == steps_.end() ? steps_.begin() : other;
}

bool Contest::may_start(Clock::time_point now) {
  if (steps_.empty() || (race_.written && !race_.repeatable)) return false;
  if (running_.empty()) return true;
  return race_.repeatable && now >= next_at_ && may_hedge(now);
}

// The same KDC by another transport, or by another datagram, costs nobody anything. Another KDC is asked
// while one is silent if the budget allows it, or if the silent one has failed others meanwhile.
bool Contest::may_hedge(Clock::time_point now) {
  Running& last = running_.back();
  if (is_running(*next_step()->contender) || rounds_ > 1) return true;
  if (now - last.begun >= race_.options.hedge_delay) note_silence(last, now);
  if (!last.step.contender->record->health.serving()) return true;
  if (race_.upstream.budget.take()) {
    hedged_ = true;
    return true;
  }
  next_at_ = std::max(now + ask_budget_again, last.begun + race_.options.hedge_delay);
  return false;
}

// How long the KDC that was asked last may be silent before the next is asked as well: as long as nearly
// all of its answers took.
milliseconds Contest::patience() const {
  const milliseconds most = race_.options.hedge_delay * rounds_;
  if (steps_.empty() || running_.empty()) return most;
  if (std::all_of(steps_.begin(), steps_.end(),
                  [this](const Step& step) { return is_running(*step.contender); }))
    return most;
  const auto p95 = running_.back().step.contender->record->health.p95();
  if (p95.count() == 0) return most;
  return std::min(most, std::max(least_patience, std::chrono::ceil<milliseconds>(p95)));
}

void Contest::start(Clock::time_point now) {
  const auto next = next_step();
  auto& attempt = running_.emplace_back();
  attempt.step = last_ = *next;
  attempt.begun = now;
  steps_.erase(next);
  KdcCounts& counts = attempt.step.contender->record->counts;
  ++counts.requests;
  if (std::exchange(hedged_, false)) {
    ++counts.hedges;
    race_.outcome.hedged = true;
  }
  next_at_ = now + patience();
  const auto at = std::prev(running_.end());
  const bool udp = attempt.step.transport == Transport::udp;
  const Contender& contender = *attempt.step.contender;
  const auto end = udp ? attempt.udp.emplace(race_, contender).send(now)
                       : attempt.tcp.emplace(race_, contender).begin(now);
  if (end) return attempt_ended(at, *end, now);
  race_.upstream.eager_wait->begin(now, contender.record->health.p95());
  limit_connecting(attempt, now);
  await(at);
}

void Contest::await(Attempts::iterator attempt) {
  if (attempt->udp) return attempt->udp->wait(LineReaderPtr(this));
  if (attempt->tcp->reading()) return attempt->tcp->wait(LineReaderPtr(this));
  attempt->tcp->wait_to_write([self = Self(this), attempt](boost::system::error_code) {
    if (!attempt->over) self->proceed(attempt);
  });
}

void Contest::on_readable(const void* line) {
  const auto attempt = std::find_if(running_.begin(), running_.end(), [line](const Running& running) {
    return running.udp ? running.udp->has(line) : running.tcp && running.tcp->has(line);
  });
  if (attempt != running_.end()) proceed(attempt);
}

void Contest::proceed(Attempts::iterator attempt) {
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
    end = race_.answered ? AttemptEnd::answered : AttemptEnd::failed;
  }
  attempt_ended(attempt, *end, now);
  advance(now);
}

void Contest::note_failure(const Step& step) {
  race_.upstream.note_failure(*step.contender->kdc, *step.contender->record, race_.request.realm());
}

void Contest::note_silence(Running& attempt, Clock::time_point now) {
  if (std::exchange(attempt.noted_silent, true)) return;
  const Contender& contender = *attempt.step.contender;
  race_.upstream.note_silence(*contender.kdc, *contender.record, race_.request.realm());
  if (!race_.repeatable) return;
  const auto silent = std::chrono::duration_cast<KdcHealth::Latency>(now - attempt.begun);
  contender.record->health.note_latency(now, silent);
}

// At the end: those that were asked before the one that answered, or that had time enough.
void Contest::note_silent_ones(Clock::time_point now) {
  for (Running& attempt : running_) {
    const bool outrun = answered_by_ != nullptr && attempt.step.contender->record.get() != answered_by_ &&
                        attempt.begun < answered_attempt_begun_;
    const bool had_time = !race_.answered && now - attempt.begun >= race_.options.hedge_delay;
    if (outrun || had_time) note_silence(attempt, now);
  }
}

void Contest::attempt_ended(Attempts::iterator attempt, AttemptEnd end, Clock::time_point now) {
  const Step step = attempt->step;
  const Kdc& kdc = *step.contender->kdc;
  KdcRecord& record = *step.contender->record;
  const auto begun = attempt->begun;
  attempt->over = true;
  attempt->udp.reset();
  attempt->tcp.reset();
  finished_.splice(finished_.end(), running_, attempt);
  switch (end) {
    case AttemptEnd::answered:
      answered_by_ = &record;
      answered_attempt_begun_ = begun;
      race_.upstream.note_answer(kdc, record);
      if (race_.repeatable)
        record.health.note_latency(now, std::chrono::duration_cast<KdcHealth::Latency>(now - begun));
      break;
    case AttemptEnd::too_big:
      record.note_too_big(race_.request.kind);
      break;
    case AttemptEnd::failed:
      note_failure(step);
      break;
    case AttemptEnd::connect_failed:
      // A service that has UDP only, such as Heimdal's kpasswdd. A datagram may be the only one that a
      // request has, so it is not spent before the others have been tried.
      if (kdc.transport == Transport::any && step.transport == Transport::tcp &&
          race_.request.bytes.size() <= race_.options.max_udp_request) {
        const Step by_udp{step.contender, Transport::udp};
        steps_.insert(race_.repeatable ? steps_.begin() : steps_.end(), by_udp);
        udp_steps_.push_back(by_udp);
      }
      note_failure(step);
      break;
    case AttemptEnd::no_socket:
      race_.outcome.no_socket = true;
      break;
  }
}

// Whether a KDC that answers, but late, is still to be given time: to ask it again would only make it later.
bool Contest::expects_answer(Clock::time_point now) {
  const Running& last = running_.back();
  const KdcHealth& health = last.step.contender->record->health;
  if (!health.answers() || !health.is_known(now)) return false;
  constexpr int times = 2;
  const auto most = last.begun + times * race_.options.hedge_delay;
  next_at_ = std::max(next_at_, std::min<Clock::time_point>(last.begun + times * health.average(), most));
  return now < next_at_;
}

// All has been asked and is silent: the datagrams once more.
bool Contest::goes_round(Clock::time_point now) {
  const bool silent = !running_.empty() && steps_.empty() && race_.repeatable && now >= next_at_;
  if (!silent || rounds_ >= udp_rounds || udp_steps_.empty() || expects_answer(now)) return false;
  ++rounds_;
  steps_.assign(udp_steps_.begin(), udp_steps_.end());
  return true;
}

void Contest::advance(Clock::time_point now) {
  const Self self(this);
  try {
    do_what_can_be_done(now);
  } catch (const std::bad_alloc&) {
    if (asker_) finish(now);  // with no_kdc
  }
}

// Then waits for an attempt or for the next point of time.
void Contest::do_what_can_be_done(Clock::time_point now) {
  while (asker_) {
    if (race_.answered) return finish(now);
    if (now >= deadline_) {
      race_.outcome.status = Status::deadline;
      return finish(now);
    }
    if (may_start(now)) {
      start(now);
    } else if (running_.empty()) {
      race_.outcome.status = Status::no_kdc;
      return finish(now);
    } else if (!goes_round(now)) {
      return race_.upstream.alarms->set(*this, next_alarm());
    }
  }
}

Contest::Clock::time_point Contest::next_alarm() const {
  const bool more = race_.repeatable && (!steps_.empty() || (rounds_ < udp_rounds && !udp_steps_.empty()));
  auto next = more ? std::min(deadline_, next_at_) : deadline_;
  for (const Running& attempt : running_) {
    if (attempt.tcp && attempt.tcp->connecting()) next = std::min(next, attempt.connect_until);
  }
  return next;
}

void Contest::on_alarm() {
  const Self self(this);
  const auto now = Clock::now();
  give_up_connecting(now);
  advance(now);
}

// Where a connection has just been begun.
void Contest::limit_connecting(Running& attempt, Clock::time_point now) {
  if (!attempt.tcp || !attempt.tcp->connecting()) return;
  attempt.connect_until = now + race_.options.connect_timeout;
  race_.upstream.alarms->set(*this, next_alarm());
}

void Contest::give_up_connecting(Clock::time_point now) {
  for (auto attempt = running_.begin(); attempt != running_.end();) {
    const auto each = attempt++;
    if (each->tcp && each->tcp->connecting() && now >= each->connect_until)
      attempt_ended(each, AttemptEnd::connect_failed, now);
  }
}

void Contest::abandon() {
  if (!asker_ || (race_.written && !race_.repeatable)) return;
  abandoned_ = true;
  finish(Clock::now());
}

// The attempts that are still under way end with their sockets; their waits find that they are over.
void Contest::finish(Clock::time_point now) {
  const Self self(this);
  Alarms::cancel(*this);
  race_.upstream.eager_wait->end();
  if (!abandoned_) note_silent_ones(now);
  for (Running& attempt : running_) {
    attempt.over = true;
    attempt.udp.reset();
    attempt.tcp.reset();
  }
  if (!race_.answered && last_.contender != nullptr) {
    race_.outcome.kdc = last_.contender->kdc;
    race_.outcome.transport = last_.transport;
  }
  race_.outcome.ended = now;
  std::exchange(asker_, nullptr)->on_outcome(race_.outcome);
}

}  // namespace ferryman::exchange
