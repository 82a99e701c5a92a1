#pragma once

#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/circular_buffer.hpp>
#include <chrono>
#include <map>
#include <memory>

#include "exchange/kdc_memory.h"
#include "exchange/pooled_socket.h"

namespace ferryman::exchange {

// Connected UDP sockets, used for one exchange after another instead of a new one for each. Connected: the
// kernel drops what comes from elsewhere and tells of an ICMP refusal.
//
// Only a socket whose exchange has had its answer comes back, and it rests for a while before its next use.
// What comes to it meanwhile (a datagram that was doubled on its way, a refusal) shows that more may follow,
// so such a socket is given up: an answer to one request is never taken for the answer to another. A request
// that cannot be asked again with one that would be gets a socket that has rested for long.
// After max_age or max_uses it is given up as well, so that source ports stay hard to guess.
//
// Nearly as many are kept as have been in use or had to rest at once, up to max_idle for each KDC, since
// making and closing one costs as much as half an exchange; where descriptors or ports run out they are all
// given up.
class UdpPool {
 public:
  using Clock = std::chrono::steady_clock;
  using Executor = boost::asio::io_context::executor_type;
  using PooledSocket =
      exchange::PooledSocket<boost::asio::basic_datagram_socket<boost::asio::ip::udp, Executor>>;
  using SocketPtr = PooledSocket::Ptr;

  static constexpr std::chrono::milliseconds rest{1}, long_rest{100}, max_age{2000};
  static constexpr unsigned max_uses = 256;

  explicit UdpPool(boost::asio::io_context& io, std::size_t max_idle = 16384)
      : io_(io), max_idle_(max_idle), sweeper_(io) {}

  // A kept one that was made at `since` or later and has rested for so long, if there is any, or a new one.
  // Null: none could be opened, for want of descriptors or ports, or (opened) none connected: the KDC is out
  // of reach.
  struct Taken {
    SocketPtr pooled;
    bool opened = false;
  };
  Taken take(const KdcKey& key, Clock::duration rested, Clock::time_point since, Clock::time_point now);

  // After the answer.
  void put(const KdcKey& key, SocketPtr pooled, Clock::time_point now);

  // Closes all that are kept. False when there were none.
  bool release();

 private:
  using Queue = boost::circular_buffer<SocketPtr>;

  SocketPtr take_kept(const KdcKey& key, Clock::duration rested, Clock::time_point since,
                      Clock::time_point now);
  Taken make(const KdcKey& key, Clock::time_point now);
  void schedule(std::chrono::milliseconds after);
  bool sweep();

  boost::asio::io_context& io_;
  const std::size_t max_idle_;
  std::map<KdcKey, Queue> idle_;  // the one given back first in front
  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor> sweeper_;
  bool scheduled_ = false;
};

}  // namespace ferryman::exchange
