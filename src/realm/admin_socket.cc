#include "realm/admin_socket.h"

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

using std::chrono::steady_clock;
using telemetry::Level;

std::int64_t seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// The peer's supplementary groups as they were when it connected (SO_PEERGROUPS).
std::vector<gid_t> groups_of_peer(int socket) {
  socklen_t size = 0;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &size) == 0 || errno != ERANGE) return {};
  std::vector<gid_t> groups(size / sizeof(gid_t));
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return {};
  return groups;
}

std::string refusal(std::string_view reason, std::string text) {
  return admin::print(admin::Reply(tl::unexpected(admin::Failure{std::string(reason), std::move(text)})));
}

}  // namespace

AdminSocket::AdminSocket(ListenSocket socket, Administration& administration, telemetry::Log& log,
                         Options options)
    : acceptor_(std::move(socket), log, options.whose),
      administration_(administration),
      log_(log),
      options_(options),
      thread_([this] { run(); }) {}

AdminSocket::~AdminSocket() {
  stopping_ = true;
  wake_.signal();
  thread_.join();
}

void AdminSocket::drain() {
  draining_ = true;
  wake_.signal();
}

void AdminSocket::run() {
  while (!stopping_ && !(closed_ && connections_.empty())) {
    try {
      turn();
    } catch (const std::exception& error) {
      log_.write(Level::error, "an administration socket's turn ends",
                 {{"socket", options_.whose}, {"cause", error.what()}});
    }
  }
  log_counts();
  done_.signal();
}

void AdminSocket::turn() {
  if (draining_ && !closed_) begin_drain();
  if (closed_ && connections_.empty()) return;
  const Time polled = wait();
  for (const auto& connection : connections_) serve(*connection);
  make_room(polled);
  remove_what_is_over(polled);
}

// Who has connected before is heard; nobody finds the path from now on.
void AdminSocket::begin_drain() {
  closed_ = true;
  acceptor_.withdraw();
  accept_all();
  acceptor_.close();
  const Time now = steady_clock::now();
  for (const auto& connection : connections_) {
    connection->look(now);
    connection->finish();
  }
}

int AdminSocket::poll_timeout(Time now) const {
  Time until = Time::max();
  if (now < acceptor_.paused_until()) until = acceptor_.paused_until();
  for (const auto& connection : connections_) {
    if (connection->has_request() || connection->over()) return 0;
    until = std::min(until, connection->deadline());
    if (crowded_) until = std::min(until, connection->room_deadline());
  }
  if (until == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

// When it was that poll(2) looked.
AdminSocket::Time AdminSocket::wait() {
  const Time before = steady_clock::now();
  crowded_ = crowded_ && is_full();
  const bool accepting = !closed_ && !crowded_;
  waited_.assign({{wake_.get(), POLLIN, 0}, {accepting ? acceptor_.waited(before) : -1, POLLIN, 0}});
  for (const auto& connection : connections_) waited_.push_back({connection->get(), connection->events(), 0});
  if (::poll(waited_.data(), waited_.size(), poll_timeout(before)) < 0) return before;
  const Time now = steady_clock::now();
  if (waited_[0].revents != 0) wake_.clear();
  for (std::size_t i = 0; i < connections_.size(); ++i)
    if (waited_[i + 2].revents != 0 && !connections_[i]->has_request()) connections_[i]->look(now);
  crowded_ = crowded_ || (waited_[1].revents != 0 && is_full());
  if (waited_[1].revents != 0) accept_all();
  return now;
}

// One request, so that everyone has a turn.
void AdminSocket::serve(AdminConnection& connection) {
  if (stopping_) return;
  if (connection.has_too_long_request()) {
    connection.answer(
        refusal(admin::reason::not_understood, "The request is longer than a message may be: 1 MiB."),
        steady_clock::now());
    connection.finish();
  }
  if (!connection.has_request()) return;
  ++counts_.requests;
  std::string line;
  try {
    const Secret text = connection.take_request();
    auto request = admin::parse_request(as_text(text.bytes()));
    if (request) {
      auto reply = administration_.answer(*request, connection.session(), seconds_since_1970());
      admin::wipe_texts(request->arguments);
      line = admin::print(reply);
      if (reply) admin::wipe_texts(*reply);
    } else {
      line = admin::print(admin::Reply(tl::unexpected(std::move(request.error()))));
    }
  } catch (const std::bad_alloc&) {
    connection.finish();
    throw;
  }
  connection.answer(std::move(line), steady_clock::now());
}

// Of the one that has said nothing for the longest time, which hears why when it asks next.
void AdminSocket::make_room(Time polled) {
  if (!crowded_ || !is_full()) return;
  const auto idle =
      std::min_element(connections_.begin(), connections_.end(),
                       [](const auto& a, const auto& b) { return a->room_deadline() < b->room_deadline(); });
  AdminConnection& connection = **idle;
  if (connection.room_deadline() > polled) return;
  ++counts_.made_room;
  log_.write(Level::warning, "an idle connection made room for others",
             {{"socket", options_.whose},
              {"uid", std::to_string(connection.session().caller.uid)},
              {"pid", std::to_string(connection.session().caller.pid)}});
  connection.answer(refusal(directory::name(directory::Reason::busy),
                            "This connection said nothing while others waited for its place, and was closed: "
                            "try again."),
                    steady_clock::now());
  connection.finish();
}

// Too late is what had not come when poll(2) looked: a request that took long is nobody else's fault.
void AdminSocket::remove_what_is_over(Time polled) {
  std::erase_if(connections_, [this, polled](const std::unique_ptr<AdminConnection>& connection) {
    if (connection->over()) return true;
    if (connection->has_request() || connection->deadline() > polled) return false;
    ++counts_.timeouts;
    return true;
  });
}

void AdminSocket::accept_all() {
  for (int i = 0; i < Acceptor::most_at_once && !is_full(); ++i) {
    auto accepted = acceptor_.next();
    if (!accepted) return;
    if (!may(*accepted)) {
      acceptor_.refuse(*std::move(accepted));
      continue;
    }
    ++counts_.connections;
    Session session{{accepted->peer.uid, accepted->peer.pid}, options_.commands};
    connections_.push_back(std::make_unique<AdminConnection>(accepted->socket.release(), std::move(session),
                                                             steady_clock::now()));
  }
}

bool AdminSocket::may(const Acceptor::Accepted& accepted) const {
  if (is_own(accepted.peer)) return true;
  if (options_.user && accepted.peer.uid == *options_.user) return true;
  if (!options_.group) return false;
  if (accepted.peer.gid == *options_.group) return true;
  const std::vector<gid_t> groups = groups_of_peer(accepted.socket.get());
  return std::find(groups.begin(), groups.end(), *options_.group) != groups.end();
}

void AdminSocket::log_counts() const {
  log_.write(Level::info,
             options_.commands == Commands::all ? "administration closed" : "synchronisation closed",
             {{"connections", std::to_string(counts_.connections)},
              {"refused", std::to_string(acceptor_.refused())},
              {"requests", std::to_string(counts_.requests)},
              {"timeouts", std::to_string(counts_.timeouts)},
              {"made_room", std::to_string(counts_.made_room)}});
}

}  // namespace ferryman::realm
