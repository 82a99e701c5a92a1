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
#include <vector>

#include "exchange/busy_poll.h"
#include "exchange/kdc_memory.h"
#include "exchange/kdc_report.h"
#include "exchange/options.h"
#include "exchange/tcp_pool.h"
#include "exchange/timer_queue.h"
#include "exchange/udp_pool.h"

namespace ferryman::exchange {

// What all exchanges of one worker share. A KDC that is set aside is put on trial when its pause is over:
// a probe (see probe.h), not a user's request, finds out whether it answers again.
class Upstream : public std::enable_shared_from_this<Upstream> {
 public:
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

  void note_answer(const locate::Kdc& kdc, KdcRecord& record);
  // realm: that a probe may ask for; empty (kpasswd): the pause's end is the end.
  void note_failure(const locate::Kdc& kdc, KdcRecord& record, std::string_view realm);
  void note_silence(const locate::Kdc& kdc, KdcRecord& record, std::string_view realm);

  // No more trials.
  void close();

 private:
  static constexpr std::size_t scratch_size = 64 * 1024;  // a UDP datagram of any size

  struct EndOfTrial;

  void after_failure(const locate::Kdc& kdc, std::string_view realm, bool was_serving);
  static boost::asio::awaitable<void> try_again(std::shared_ptr<Upstream> self, locate::Kdc kdc,
                                                std::string realm,
                                                std::shared_ptr<boost::asio::steady_timer> timer);
  boost::asio::awaitable<void> probe(locate::Kdc kdc, std::string realm);

  std::map<KdcKey, std::shared_ptr<boost::asio::steady_timer>> trials_;
  bool closed_ = false;
};

}  // namespace ferryman::exchange
