#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "admin/line_buffer.h"
#include "base/secret.h"
#include "realm/administration.h"

namespace ferryman::realm {

// One administrator's socket. Nothing here waits: the thread that owns it is told by poll(2) when there is
// something to do. One request at a time: no more is read until its answer has gone out.
class AdminConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Without a word; from a line's first octet to its last; in which nothing of an answer is read.
  static constexpr std::chrono::seconds max_idle{60}, max_line_time{10}, max_answer_time{10};
  // Without a word while others wait for a place.
  static constexpr std::chrono::seconds max_idle_of_crowd{5};

  // socket: not blocking; it is closed with this object.
  AdminConnection(int socket, Session session, Time now);
  ~AdminConnection();
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  int get() const { return socket_; }
  Session& session() { return session_; }

  // Which events of poll(2) are waited for; that any has come.
  short events() const;
  void look(Time now);

  // The next request, a whole line; its answer is due.
  bool has_request() const { return request_.has_value() && answer_.empty(); }
  Secret take_request();
  // A line has begun that is longer than any may be. Its answer is due, and finish().
  bool has_too_long_request() const { return too_long_ && !request_ && answer_.empty(); }
  void answer(std::string line, Time now);

  // Answers the requests that are here, and takes no more.
  void finish() { finishing_ = true; }
  bool over() const { return answer_.empty() && !request_ && (ended_ || finishing_); }
  // When what is waited for has taken too long.
  Time deadline() const { return deadline_; }
  // When it has to make room where others wait for its place; Time::max(): not while it is at something.
  Time room_deadline() const;

 private:
  void read(Time now);
  void write(Time now);
  void next_request(Time now);
  void end();

  const int socket_;
  Session session_;
  admin::LineBuffer buffer_;
  std::optional<Secret> request_;
  std::string answer_;
  std::size_t written_ = 0;  // octets of the answer
  Time deadline_;
  bool line_has_begun_ = false, too_long_ = false;
  bool ended_ = false;  // the peer says no more
  bool finishing_ = false;
};

}  // namespace ferryman::realm
