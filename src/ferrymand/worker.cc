#include "ferrymand/worker.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <new>
#include <utility>

namespace ferryman {

Worker::Worker(unsigned number, const std::vector<std::string>& dns_servers, SharedCounts& counts,
               telemetry::Log& log, WorkerConfig config)
    : work_(io_.get_executor()),
      gateway_(io_, number, dns_servers, counts.gateway, log),
      front_(gateway_, counts.gateway),
      server_(io_, front_, counts.connections, counts.gateway.clients),
      datagrams_(io_, front_),
      log_(log),
      idle_check_(io_) {
  gateway_.configure(std::move(config.gateway));
  datagrams_.configure(config.connections);
  server_.configure(std::move(config.connections));
}

Worker::~Worker() {
  if (thread_.joinable()) {
    boost::asio::post(io_, [this] {
      server_.abort();
      datagrams_.abort();
      io_.stop();
    });
    thread_.join();
  }
}

void Worker::listen(int descriptor, net::ListenerOptions options) {
  server_.listen(descriptor, std::move(options));
}

void Worker::take_datagrams(int descriptor) {
  datagrams_.listen(descriptor);
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

// Out of memory ends what asked for it, not the worker.
void Worker::run() {
  constexpr std::chrono::milliseconds breath{50};
  bool recovering = false;
  while (true) {
    try {
      if (recovering) {
        server_.recover();
        datagrams_.recover();
      }
      recovering = false;
      io_.run();
      return;
    } catch (const std::bad_alloc&) {
      log_.write(telemetry::Level::error, "out of memory");
      std::this_thread::sleep_for(breath);
      recovering = true;
    }
  }
}

void Worker::configure(WorkerConfig config) {
  boost::asio::post(io_, [this, config = std::move(config)] {
    gateway_.configure(config.gateway);
    datagrams_.configure(config.connections);
    server_.configure(config.connections);
  });
}

void Worker::report(std::function<void(gateway::Report)> take) {
  boost::asio::post(io_, [this, take = std::move(take)] {
    gateway::Report report = gateway_.report();
    report.counts.datagrams = datagrams_.counts();
    take(std::move(report));
  });
}

void Worker::ask_realm_status(exchange::RealmStatusCall::Take take) {
  boost::asio::post(io_,
                    [this, take = std::move(take)]() mutable { gateway_.ask_realm_status(std::move(take)); });
}

void Worker::drain(std::function<void()> done) {
  boost::asio::post(io_, [this, done = std::move(done)]() mutable {
    datagrams_.drain();
    server_.drain([this, done = std::move(done)]() mutable { finish_when_idle(std::move(done)); });
  });
}

// A password change whose client has gone is still brought to its end.
void Worker::finish_when_idle(std::function<void()> done) {
  if (front_.in_work() == 0) {
    done();
    return;
  }
  idle_check_.expires_after(std::chrono::milliseconds(20));
  idle_check_.async_wait([this, done = std::move(done)](boost::system::error_code error) mutable {
    if (!error) finish_when_idle(std::move(done));
  });
}

}  // namespace ferryman
