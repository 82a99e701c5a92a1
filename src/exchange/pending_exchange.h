#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/recycled.h"
#include "exchange/tcp_attempt.h"
#include "exchange/timer_queue.h"
#include "exchange/udp_attempt.h"

namespace ferryman::exchange {

// One exchange's plan and its attempts: which KDC by which transport, and when the next one. What an exchange
// with few KDCs needs is part of the object: it allocates nothing more. Its waits hold it until it has
// ended.
//
//   begin() ──► plan: steps, each a KDC and a transport, the best first
//                │
//                ▼     start the next step when: none runs, or all that run are silent for their patience
//            ┌─ advance ◄──────────────────────────────────────────────┐
//            │   │  ▲                                                  │
//            │   │  └─ timer: patience, connect limit, deadline        │
//            │   ▼                                                     │
//            │  attempt ──► answered ──► told: the answer              │
//            │     ├─────── too_big ───► the same KDC by TCP ──────────┤
//            │     ├─────── failed, connect_failed, no_socket ─────────┘
//            │     └─────── silent: goes on, beside those that start after it
//            ├─ deadline ─────────────────► told: deadline
//            └─ no step left, none runs ──► told: no_kdc
//
// It is told once (handler_ becomes null), and every attempt that still runs then is given up.
class PendingExchange final : public Recycled<PendingExchange>,
                              public SocketReader,
                              private TimerQueue::Timer {
 public:
  using Clock = std::chrono::steady_clock;

  // A health check is no sign that anybody uses the KDC, and shows less than a user's request.
  enum class Purpose : std::uint8_t { user, health_check };

  // request: valid until the end has been told, as is realm: of the KDCs, where the request may call it by
  // another name.
  PendingExchange(std::shared_ptr<Upstream> upstream, const kerberos::Request& request,
                  discovery::KdcList kdcs, Clock::time_point deadline, OutcomeHandlerPtr handler,
                  Purpose purpose = Purpose::user, std::string_view realm = {});

  void begin(Clock::time_point now);

  // Nobody waits for the answer any more. What a KDC has seen and must see once goes on all the same;
  // anything else ends now.
  void abandon();

 private:
  using Self = boost::intrusive_ptr<PendingExchange>;
  struct Step {
    const Target* target = nullptr;
    discovery::Transport transport = discovery::Transport::any;  // then udp or tcp
    bool anew = false;                                           // not on a kept connection
  };
  static constexpr std::size_t few_kdcs = 4;
  using Steps = boost::container::small_vector<Step, 2 * few_kdcs>;
  struct Attempt {
    Step step;
    Clock::time_point begun;
    std::chrono::milliseconds patience{};  // until the next step
    bool noted_silent = false, over = false;
    std::optional<UdpAttempt> udp;  // one of the two
    std::optional<TcpAttempt> tcp;
    Clock::time_point connect_until{};  // while a connection is not there yet

    // When its silence says something about the transport.
    Clock::time_point silent_long(std::chrono::milliseconds hedge_delay) const {
      const bool untried =
          step.transport == discovery::Transport::udp && !step.target->record->udp().health.has_answered();
      return begun + (untried ? std::min(patience, hedge_delay) : hedge_delay);
    }
  };
  using Attempts = std::pmr::list<Attempt>;
  // Of one KDC, in the order in which they are asked.
  struct Transports {
    discovery::Transport first = discovery::Transport::any;  // then udp or tcp
    std::optional<discovery::Transport> then;
    bool aside = false;  // the first one is set aside
  };

  void plan(Clock::time_point now);
  Transports transports_for(const discovery::Kdc& kdc, KdcRecord& record) const;
  void add_step(const Step& step);
  bool is_running(const Target& target) const;
  Steps::iterator next_step(Clock::time_point now);
  bool may_ask_another(Clock::time_point now);
  bool goes_round(Clock::time_point now);
  bool expects_answer(Clock::time_point now);
  void advance(Clock::time_point now);
  void do_what_can_be_done(Clock::time_point now);
  Clock::time_point next_timer() const;
  void on_timer() override;
  std::chrono::milliseconds time_to_connect(const Step& step) const;
  void limit_connecting(Attempt& attempt, Clock::time_point now);
  void give_up_connecting(Clock::time_point now);
  void finish(Clock::time_point now);
  void start(const Steps::iterator& step, Clock::time_point now);
  std::optional<AttemptEnd> begin_attempt(Attempt& attempt, Clock::time_point now);
  void await(Attempts::iterator attempt);
  void on_readable(const void* pooled) override;
  void proceed(Attempts::iterator attempt);
  std::chrono::milliseconds patience() const;
  void attempt_ended(Attempts::iterator attempt, AttemptEnd end, Clock::time_point now);
  void note_answer(const Step& step, Clock::time_point begun, Clock::time_point now);
  void note_too_big(const Step& step, Clock::time_point now);
  void try_udp_next(const Step& step);
  void note_failure(const Step& step, Clock::time_point now);
  void note_silence(Attempt& attempt, Clock::time_point now);
  void note_silent_ones(Clock::time_point now);
  static KdcTransport of(const Step& step) {
    return {*step.target->kdc, step.transport, *step.target->record};
  }

  static constexpr std::size_t node_size = sizeof(Attempt) + 2 * sizeof(void*);

  const discovery::KdcList kdcs_;
  const Clock::time_point deadline_;
  OutcomeHandlerPtr handler_;  // until it has been told
  const Purpose purpose_;
  ExchangeState state_;
  boost::container::small_vector<Target, few_kdcs> targets_;
  Steps steps_;
  boost::container::small_vector<Step, few_kdcs> udp_steps_;  // to be asked again when all is silent
  Step last_;                                                 // that has begun, or that would
  unsigned rounds_ = 1;
  alignas(std::max_align_t) std::array<std::byte, 2 * node_size> first_nodes_;
  std::pmr::monotonic_buffer_resource nodes_{first_nodes_.data(), first_nodes_.size()};
  Attempts running_{&nodes_};    // the one that began last at the end
  Attempts finished_{&nodes_};   // kept, since handlers point to them
  Clock::time_point next_at_{};  // when the next step may start although one is under way
  bool hedged_ = false;          // the step that starts next is one that the budget pays
  bool abandoned_ = false;
  Step answered_by_;
  Clock::time_point answered_attempt_begun_{};
};

}  // namespace ferryman::exchange
