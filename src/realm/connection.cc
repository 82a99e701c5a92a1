#include "realm/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace ferryman::realm {

Connection::~Connection() {
  ::close(socket_);
}

// An answer that waits for its place in the peer's buffer holds up what the peer asks meanwhile.
short Connection::wanted_events() const {
  const bool unwritten = !held_ && !callee_.to_write().empty();
  short events = 0;
  if (!ended_ && queued_octets_ < max_queued_octets && !unwritten) events |= POLLIN;
  if (unwritten) events |= POLLOUT;
  return events;
}

short Connection::events() {
  const std::lock_guard lock(mutex_);
  return awaited_ = wanted_events();
}

void Connection::read(const Intake& intake) {
  const std::lock_guard lock(mutex_);
  if (ended_ || broken_) return;
  const auto room = callee_.room();
  const ssize_t octets = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
  if (octets > 0) {
    callee_.took(static_cast<std::size_t>(octets));
    while (const auto frame = callee_.next()) take(intake, *frame);
  } else if (octets == 0) {
    ended_ = true;
    callee_.end_of_input();
  } else if (errno != EAGAIN && errno != EINTR) {
    broken_ = true;
  }
  write_out();
}

void Connection::take(const Intake& intake, const local::Frame& frame) {
  if (frame.type == local::FrameType::status_request) {
    const auto request = local::parse_status_request(frame.payload);
    return request ? callee_.answer(frame.id, intake.status()) : callee_.fail(name(request.error().fault));
  }
  Job job{shared_from_this(), frame.type, frame.id, {frame.payload.begin(), frame.payload.end()}};
  if (intake.jobs.push(job)) {
    queued_octets_ += frame.payload.size();
  } else {
    ++intake.busy;
    callee_.answer(frame.id, local::Refusal::busy);
  }
}

void Connection::write() {
  const std::lock_guard lock(mutex_);
  write_out();
}

bool Connection::write_held() {
  const std::lock_guard lock(mutex_);
  write_out();
  return needs_a_look();
}

void Connection::write_out() {
  held_ = false;
  while (!broken_ && !callee_.to_write().empty()) {
    const Bytes octets = callee_.to_write();
    const ssize_t written = ::send(socket_, octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written >= 0) {
      callee_.wrote(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      if (octets.size() > max_unread_octets) callee_.fail("answers are not read");
      return;
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
}

void Connection::hang_up() {
  const std::lock_guard lock(mutex_);
  broken_ = broken_ || ended_;  // else there is something left to be read
}

void Connection::close() {
  const std::lock_guard lock(mutex_);
  callee_.close();
  write_out();
}

bool Connection::over() const {
  const std::lock_guard lock(mutex_);
  return is_over();
}

bool Connection::is_over() const {
  return broken_ || !callee_.failure().empty() || callee_.finished();
}

std::string Connection::failure() const {
  const std::lock_guard lock(mutex_);
  return callee_.failure();
}

void Connection::fail(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  callee_.fail(reason);
  write_out();
}

void Connection::fail(const Job& job, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  queued_octets_ -= job.payload.size();
  callee_.fail(reason);
  write_out();
}

}  // namespace ferryman::realm
