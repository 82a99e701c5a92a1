#pragma once

#include <sys/types.h>

#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "admin/line_buffer.h"
#include "admin/message.h"

namespace ferryman {

class AdminConnection;
using AdminConnectionPtr = std::shared_ptr<AdminConnection>;

// What carries out one command: it calls the connection's answer() or stream() once, perhaps later.
using AdminCommand = std::function<void(const admin::Request& request, const AdminConnectionPtr& connection)>;
using AdminCommands = std::map<std::string, AdminCommand, std::less<>>;

// Lines for a client until it hangs up.
struct AdminStream {
  // Puts what there is by now in the place of the text, whose memory it may use again; empty: nothing.
  std::function<void(std::string& text)> take;
  std::function<void()> ended;  // once, when the client has gone
};

// Who it is, as the kernel says.
struct AdminPeer {
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = 0;
};

// One client of the administration socket (docs/admin-protocol.md). All on its event loop's thread. It lives
// while it waits for its socket or a command holds it.
class AdminConnection : public std::enable_shared_from_this<AdminConnection> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  // commands outlives it. ended is called when it goes.
  AdminConnection(Socket socket, AdminPeer peer, const AdminCommands& commands, std::function<void()> ended);
  ~AdminConnection();

  void start() { read(); }
  AdminPeer peer() const { return peer_; }
  // The next request is read once that has been written.
  void answer(const admin::Reply& reply);
  // Answers, and from then on writes what take() has when wake() is called; then it lets things gather for a
  // moment, so that whoever makes them does not wake this thread for each.
  void stream(const admin::Json& result, AdminStream stream);
  void wake();

 private:
  bool streams() const { return static_cast<bool>(stream_.take); }
  template <typename Step>
  void guard(Step step);
  void close();
  void read();
  void take(std::size_t got);
  void next();
  void dispatch(std::string_view line);
  void write();  // what is in writing_
  void rest();
  void set_deadline();

  Socket socket_;
  const AdminPeer peer_;
  boost::asio::steady_timer deadline_, rest_;
  const AdminCommands& commands_;
  const std::function<void()> ended_;
  AdminStream stream_;
  admin::LineBuffer lines_;
  std::array<char, 4096> chunk_{};
  std::string writing_;
  bool last_ = false;  // what is written now is the last
  bool resting_ = false;
};

}  // namespace ferryman
