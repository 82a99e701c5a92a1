#include "realm/admin_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "admin/message.h"

namespace ferryman::realm {

AdminConnection::AdminConnection(int socket, Session session, Time now)
    : socket_(socket), session_(std::move(session)), deadline_(now + max_idle) {}

AdminConnection::~AdminConnection() {
  admin::wipe_text(answer_);
  ::close(socket_);
}

short AdminConnection::events() const {
  return answer_.empty() ? POLLIN : POLLOUT;
}

void AdminConnection::look(Time now) {
  answer_.empty() ? read(now) : write(now);
}

AdminConnection::Time AdminConnection::room_deadline() const {
  const bool idle = answer_.empty() && !request_ && !line_has_begun_ && !too_long_ && !ended_;
  return idle ? deadline_ - max_idle + max_idle_of_crowd : Time::max();
}

void AdminConnection::read(Time now) {
  std::array<char, 16384> octets;
  const ssize_t got = ::recv(socket_, octets.data(), octets.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    ended_ = true;
    return;
  }
  if (!buffer_.append({octets.data(), static_cast<std::size_t>(got)})) too_long_ = true;
  wipe({reinterpret_cast<std::uint8_t*>(octets.data()), static_cast<std::size_t>(got)});
  if (!too_long_) next_request(now);
}

void AdminConnection::next_request(Time now) {
  request_ = buffer_.take();
  const bool begins = !request_ && buffer_.has_begun() && !line_has_begun_;
  if (begins) deadline_ = now + max_line_time;
  line_has_begun_ = !request_ && buffer_.has_begun();
}

Secret AdminConnection::take_request() {
  return *std::exchange(request_, std::nullopt);
}

void AdminConnection::answer(std::string line, Time now) {
  answer_ = std::move(line);
  deadline_ = now + max_answer_time;
  write(now);
}

void AdminConnection::write(Time now) {
  while (written_ < answer_.size()) {
    const ssize_t sent =
        ::send(socket_, answer_.data() + written_, answer_.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent <= 0) return end();
    written_ += static_cast<std::size_t>(sent);
    deadline_ = now + max_answer_time;
  }
  admin::wipe_text(answer_);
  answer_.clear();
  written_ = 0;
  deadline_ = now + max_idle;
  if (!too_long_) next_request(now);
}

// It reads no answer any more: what it asked besides is not carried out.
void AdminConnection::end() {
  admin::wipe_text(answer_);
  answer_.clear();
  request_.reset();
  ended_ = true;
}

}  // namespace ferryman::realm
