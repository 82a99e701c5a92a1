#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/busy_poll.h"
#include "exchange/kdc_memory.h"
#include "exchange/kdc_report.h"
#include "exchange/options.h"
#include "exchange/tcp_pool.h"
#include "exchange/timer_queue.h"
#include "exchange/udp_pool.h"

namespace ferryman::exchange {

// A KDC and one of its transports, udp or tcp.
struct KdcTransport {
  const discovery::Kdc& kdc;
  discovery::Transport transport;
  KdcRecord& record;

  TransportRecord& own() const { return record.of(transport); }
};

// What all exchanges of one worker share. A transport of a KDC that is set aside is put on trial when its
// pause is over: a health check over that transport (health_check.h), not a user's request, finds out whether
// it answers again.
class Upstream : public std::enable_shared_from_this<Upstream> {
 public:
  using Clock = TransportHealth::Clock;

  explicit Upstream(boost::asio::io_context& context)
      : io(context),
        pool(context),
        udp_pool(context),
        timers(std::make_shared<TimerQueue>(context)),
        busy_poll(std::make_shared<BusyPoll>(context)),
        scratch(scratch_size) {}

  boost::asio::io_context& io;
  Options options;
  KdcMemory memory;
  HedgeBudget budget;
  TcpPool pool;
  UdpPool udp_pool;
  const std::shared_ptr<TimerQueue> timers;
  const std::shared_ptr<BusyPoll> busy_poll;
  std::vector<std::uint8_t> scratch;                // read into and out of without suspending in between
  std::minstd_rand random{std::random_device{}()};  // for lots among KDCs
  HealthObserver on_change;

  void note_answer(const KdcTransport& asked, Clock::time_point now);
  // The same for what is no answer to keep, but shows that it lives.
  void note_alive(const KdcTransport& asked, Clock::time_point now);
  void note_passed_trial(const KdcTransport& asked, Clock::time_point now);
  // realm: that a health check may ask for; empty (kpasswd): the pause's end is the end.
  void note_failure(const KdcTransport& asked, std::string_view realm, Clock::time_point now);
  // No answer to a request of that many octets, sent at `since`, while another KDC gave one or for very long.
  struct Silence {
    Clock::time_point since;
    std::size_t octets;
    bool long_enough;  // to be no matter of a slow answer
    bool kdc_answers;  // over its other transport
  };
  void note_silence(const KdcTransport& asked, std::string_view realm, const Silence& silence,
                    Clock::time_point now);
  // No more trials.
  void close();

 private:
  static constexpr std::size_t scratch_size = 64 * 1024;  // a UDP datagram of any size

  struct EndOfTrials;

  using TransportKey = std::pair<KdcKey, discovery::Transport>;

  void serves_again(const KdcTransport& asked);
  void after_failure(const KdcTransport& asked, std::string_view realm);
  void begin_trials(const KdcTransport& failed, std::string_view realm);
  static boost::asio::awaitable<void> run_trials(std::shared_ptr<Upstream> self, discovery::Kdc kdc,
                                                 std::string realm,
                                                 std::shared_ptr<boost::asio::steady_timer> timer);
  boost::asio::awaitable<void> check(discovery::Kdc kdc, std::string realm, std::size_t octets);

  std::map<TransportKey, std::shared_ptr<boost::asio::steady_timer>> trials_;
  bool closed_ = false;
};

}  // namespace ferryman::exchange
