#include "realm/front.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace ferryman::realm {
namespace {

using telemetry::Level;

// After accept(2) failed for want of something, and between two lines about refused peers.
constexpr std::chrono::milliseconds accept_pause{100}, refusal_log_pause{1000};

// Between two looks at what else there is to do.
constexpr int max_accepted_at_once = 64;

}  // namespace

Front::Front(FrontSocket socket, const Service& service, telemetry::Log& log, const Options& options)
    : socket_(std::move(socket)),
      log_(log),
      options_(options),
      jobs_(options.max_queue),
      workers_(options.threads, jobs_, service, log, [this] { wake_.signal(); }),
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
  socket_.withdraw();
  accept_all();
  socket_.close();
  for (const auto& connection : connections_) {
    connection->read(jobs_, counts_.busy);
    connection->close();
  }
}

void Front::wait() {
  const auto now = std::chrono::steady_clock::now();
  const bool pause = now < accept_again_;
  const bool accepting = !closed_ && !pause && connections_.size() < options_.max_connections;
  waited_.assign({{wake_.get(), POLLIN, 0}, {accepting ? socket_.get() : -1, POLLIN, 0}});
  for (const auto& connection : connections_) waited_.push_back({connection->get(), connection->events(), 0});
  if (::poll(waited_.data(), waited_.size(), pause ? static_cast<int>(accept_pause.count()) : -1) <= 0)
    return;
  if (waited_[0].revents != 0) wake_.clear();
  for (std::size_t i = 0; i < connections_.size(); ++i) look(*connections_[i], waited_[i + 2].revents);
  if (waited_[1].revents != 0) accept_all();
}

void Front::look(Connection& connection, short happened) {
  if ((happened & POLLOUT) != 0) connection.write();
  try {
    if ((happened & (POLLIN | POLLHUP | POLLERR)) != 0) connection.read(jobs_, counts_.busy);
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
  for (int i = 0; i < max_accepted_at_once; ++i) {
    const bool room = closed_ || connections_.size() < options_.max_connections;
    if (!room || !accept_one()) return;
  }
}

bool Front::accept_one() {
  const int socket = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket >= 0) {
    admit(socket);
    return true;
  }
  if (errno == EINTR || errno == ECONNABORTED) return true;
  if (errno != EAGAIN) {
    accept_again_ = std::chrono::steady_clock::now() + accept_pause;
    log_.write(Level::error, "no front connection can be accepted",
               {{"cause", std::generic_category().message(errno)}});
  }
  return false;
}

void Front::admit(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  const uid_t uid = known ? peer.uid : static_cast<uid_t>(-1);
  if (uid != 0 && uid != ::geteuid() && uid != options_.front_uid) {
    ::close(socket);
    return refuse(uid, peer.pid);
  }
  ++counts_.connections;
  connections_.push_back(std::make_shared<Connection>(socket, uid));
  connections_.back()->write();
}

void Front::refuse(uid_t uid, pid_t pid) {
  ++counts_.refused;
  const auto now = std::chrono::steady_clock::now();
  if (counts_.refused > 1 && now - last_refusal_logged_ < refusal_log_pause) return;
  last_refusal_logged_ = now;
  log_.write(Level::warning, "front connection refused",
             {{"uid", std::to_string(uid)},
              {"pid", std::to_string(pid)},
              {"so_far", std::to_string(counts_.refused)}});
}

void Front::log_counts() const {
  log_.write(Level::info, "front closed",
             {{"connections", std::to_string(counts_.connections)},
              {"refused", std::to_string(counts_.refused)},
              {"broken", std::to_string(counts_.broken)},
              {"requests", std::to_string(workers_.served())},
              {"busy", std::to_string(counts_.busy)}});
}

}  // namespace ferryman::realm
