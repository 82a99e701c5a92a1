#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>

#include "exchange/kdc_memory.h"
#include "net/edge_socket.h"

namespace ferryman::exchange {

// TCP connections to KDCs that stay open between requests. At most max_idle for each KDC, none longer than
// idle_timeout.
class TcpPool {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Socket = net::EdgeSocket<boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>>;
  using SocketPtr = std::unique_ptr<Socket>;

  explicit TcpPool(boost::asio::io_context& io) : sweeper_(io) {}

  void set_limits(std::size_t max_idle, std::chrono::milliseconds idle_timeout);

  // A connection that is still open and silent, the one used last first; null when there is none.
  // Notes whether the KDC has left it open.
  SocketPtr take(const KdcKey& key, KdcRecord& record);
  void put(const KdcKey& key, SocketPtr socket);

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    SocketPtr socket;
    Clock::time_point since;
  };
  void sweep();
  void schedule();

  std::map<KdcKey, std::deque<Idle>> idle_;
  boost::asio::steady_timer sweeper_;
  std::size_t max_idle_ = 16;
  std::chrono::milliseconds idle_timeout_{10000};
  bool scheduled_ = false;
};

}  // namespace ferryman::exchange
