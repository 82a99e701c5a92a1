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
#include "exchange/pooled_socket.h"

namespace ferryman::exchange {

// TCP connections to KDCs that stay open between requests. At most max_idle for each KDC, none longer than
// idle_timeout.
class TcpPool {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Clock = std::chrono::steady_clock;
  using PooledSocket =
      exchange::PooledSocket<boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>>;
  using SocketPtr = PooledSocket::Ptr;

  // A KDC that closes a connection within `soon` of its answer keeps none; in a while it is seen whether it
  // still does so. One that closes later has had enough of waiting.
  static constexpr std::chrono::milliseconds soon{200}, a_while{60000};

  explicit TcpPool(boost::asio::io_context& io) : io_(io), sweeper_(io) {}

  void set_limits(std::size_t max_idle, std::chrono::milliseconds idle_timeout);

  // A connection that is still open and silent, and not older than the record trusts, the one used last
  // first; null when there is none. Notes whether the KDC keeps any.
  SocketPtr take(const KdcKey& key, KdcRecord& record, Clock::time_point now);
  // By the KDC, after it rested here.
  static void note_closed(const PooledSocket& pooled, Clock::time_point at, KdcRecord& record);
  // Not connected yet. Null: no descriptor, no memory to wait for it, or no such protocol here.
  SocketPtr make(const boost::asio::ip::tcp& protocol, Clock::time_point now,
                 boost::system::error_code& error);
  void put(const KdcKey& key, SocketPtr pooled, Clock::time_point now);

 private:
  void sweep();
  void schedule();

  boost::asio::io_context& io_;
  std::map<KdcKey, std::deque<SocketPtr>> idle_;
  boost::asio::steady_timer sweeper_;
  std::size_t max_idle_ = 16;
  std::chrono::milliseconds idle_timeout_{10000};
  bool scheduled_ = false;
};

}  // namespace ferryman::exchange
