#include "realm/front.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace ferryman::realm {
namespace {

using telemetry::Level;

int poll_timeout(std::chrono::steady_clock::duration left) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

}  // namespace

Front::Front(ListenSocket socket, Service& service, telemetry::Log& log, RequestLog& requests,
             const Options& options)
    : acceptor_(std::move(socket), log, "front"),
      log_(log),
      requests_(requests),
      options_(options),
      jobs_(options.max_queue, std::max(options.threads / 2, 1U),
            std::max(std::thread::hardware_concurrency(), 1U)),
      intake_{jobs_, counts_.busy, [this] { return status(); }},
      workers_(options.threads, jobs_, service, log, requests, [this] { wake_.signal(); }),
      thread_([this] { run(); }) {}

Front::~Front() {
  stopping_ = true;
  wake_.signal();
  thread_.join();
  jobs_.stop();
  connections_.clear();
}

void Front::drain() {
  draining_ = true;
  wake_.signal();
}

void Front::run() {
  while (!stopping_ && !(closed_ && connections_.empty())) {
    try {
      turn();
    } catch (const std::bad_alloc&) {
      log_.write(Level::error, "out of memory at the front");
    }
  }
  log_counts();
  done_.signal();
}

void Front::turn() {
  if (draining_ && !closed_) begin_drain();
  if (!connections_.empty() || !closed_) wait();
  remove_what_is_over();
}

// What has connected before is served; nobody finds the path from now on.
void Front::begin_drain() {
  closed_ = true;
  acceptor_.withdraw();
  accept_all();
  acceptor_.close();
  for (const auto& connection : connections_) {
    connection->read(intake_);
    connection->close();
  }
}

void Front::wait() {
  const auto now = std::chrono::steady_clock::now();
  const bool accepting = !closed_ && connections_.size() < options_.max_connections;
  const bool pause = accepting && now < acceptor_.paused_until();
  waited_.assign({{wake_.get(), POLLIN, 0}, {accepting ? acceptor_.waited(now) : -1, POLLIN, 0}});
  for (const auto& connection : connections_) waited_.push_back({connection->get(), connection->events(), 0});
  const bool jobs_wait = jobs_.is_waiting();
  const int most = jobs_wait ? static_cast<int>(JobQueue::stall_pause.count())
                   : pause   ? poll_timeout(acceptor_.paused_until() - now)
                             : -1;
  const int ready = ::poll(waited_.data(), waited_.size(), most);
  if (jobs_wait) look_for_stalls();
  if (ready <= 0) return;
  if (waited_[0].revents != 0) wake_.clear();
  for (std::size_t i = 0; i < connections_.size(); ++i) look(*connections_[i], waited_[i + 2].revents);
  if (waited_[1].revents != 0) accept_all();
}

void Front::look_for_stalls() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_for_stalls_ < JobQueue::stall_pause) return;
  looked_for_stalls_ = now;
  jobs_.look_for_stalls(now);
  for (const auto& connection : connections_) connection->write();  // what a thread that waits has held
}

void Front::look(Connection& connection, short happened) {
  if ((happened & POLLOUT) != 0) connection.write();
  try {
    if ((happened & (POLLIN | POLLHUP | POLLERR)) != 0) connection.read(intake_);
  } catch (const std::bad_alloc&) {
    connection.fail("out_of_memory");
  }
  if ((happened & (POLLHUP | POLLERR)) != 0) connection.hang_up();
}

void Front::remove_what_is_over() {
  std::erase_if(connections_, [this](const std::shared_ptr<Connection>& connection) {
    if (!connection->over()) return false;
    const std::string failure = connection->failure();
    if (!failure.empty()) {
      ++counts_.broken;
      log_.write(Level::warning, "front connection broken",
                 {{"uid", std::to_string(connection->uid())},
                  {"reason", failure},
                  {"so_far", std::to_string(counts_.broken)}});
    }
    return true;
  });
}

void Front::accept_all() {
  for (int i = 0; i < Acceptor::most_at_once; ++i) {
    const bool room = closed_ || connections_.size() < options_.max_connections;
    auto accepted = room ? acceptor_.next() : std::nullopt;
    if (!accepted) return;
    const uid_t uid = accepted->peer.uid;
    if (!is_own(accepted->peer) && uid != options_.front_uid) {
      acceptor_.refuse(*std::move(accepted));
      continue;
    }
    ++counts_.connections;
    connections_.push_back(std::make_shared<Connection>(accepted->socket.release(), uid));
    connections_.back()->write();
  }
}

// The front's thread.
local::Status Front::status() const {
  local::Status status;
  requests_.add_to(status);
  const JobQueue::Waiting waiting = jobs_.waiting();
  status.busy = counts_.busy;
  status.waiting = static_cast<std::uint32_t>(waiting.jobs);
  status.dear = static_cast<std::uint32_t>(waiting.dear);
  status.connections = static_cast<std::uint32_t>(connections_.size());
  return status;
}

void Front::log_counts() const {
  log_.write(Level::info, "front closed",
             {{"connections", std::to_string(counts_.connections)},
              {"refused", std::to_string(acceptor_.refused())},
              {"broken", std::to_string(counts_.broken)},
              {"requests", std::to_string(workers_.served())},
              {"busy", std::to_string(counts_.busy)}});
}

}  // namespace ferryman::realm
