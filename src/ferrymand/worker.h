#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "front/front.h"
#include "gateway/gateway.h"
#include "net/datagram_server.h"
#include "net/server.h"
#include "telemetry/log.h"

namespace ferryman {

// What all workers count together.
struct SharedCounts {
  std::atomic<std::uint32_t> connections{0};
  gateway::Shared gateway;
};

// What one worker needs of a configuration, made before it is handed over.
struct WorkerConfig {
  std::shared_ptr<const net::ConnectionConfig> connections;
  std::shared_ptr<const gateway::Settings> gateway;
};

// One thread with its event loop, its share of the listeners, its connections and its gateway. Nothing of
// these is touched by another thread: what comes from outside is posted.
class Worker {
 public:
  Worker(unsigned number, const std::vector<std::string>& dns_servers, SharedCounts& counts,
         telemetry::Log& log, WorkerConfig config);
  ~Worker();  // stops at once

  // Before start() only.
  void listen(int descriptor, net::ListenerOptions options);
  void take_datagrams(int descriptor);  // bound, non-blocking

  void start();
  void configure(WorkerConfig config);
  // take is called on this worker's thread.
  void report(std::function<void(gateway::Report)> take);
  void ask_realm_status(exchange::RealmStatusCall::Take take);
  // Lets what has begun end; done is called on this worker's thread.
  void drain(std::function<void()> done);

 private:
  void run();
  void finish_when_idle(std::function<void()> done);

  // One thread waits and acts; others post. So the descriptors need no locks, the queue does.
  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  gateway::Gateway gateway_;
  front::Front front_;
  net::Server server_;
  net::DatagramServer datagrams_;
  telemetry::Log& log_;
  boost::asio::steady_timer idle_check_;
  std::thread thread_;
};

}  // namespace ferryman
