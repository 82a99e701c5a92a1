#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "exchange/realm_call.h"
#include "local/caller.h"

namespace ferryman::exchange {

// One socket to ferryman-realm with the requests that wait on it. Its waits hold it until it is closed.
class RealmLink final : public std::enable_shared_from_this<RealmLink> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  RealmLink(RealmCaller& owner, Socket socket);

  void start();

  // Whether a new request may go by it rather than by another one; can_ask() says whether there is room.
  bool usable() const { return open_ && !caller_.closing() && caller_.failure().empty(); }
  bool can_ask() const { return caller_.can_ask(); }
  // False when the request is over a limit.
  bool ask(const RealmCallPtr& call);
  void abandon(const RealmCall& call);

  // Asks for no more; it closes once what waits has been answered.
  void retire();
  // Closes now and tells nobody.
  void abort();

  bool has_answered() const { return has_answered_; }
  std::size_t waiting() const { return calls_.size(); }

 private:
  void read();
  bool read_once();
  void take_answers();
  void write();
  void wait_readable();
  void wait_writable();
  // cause: empty when it ended in order.
  void close(const std::string& cause);

  RealmCaller* owner_;  // null once closed
  Socket socket_;
  local::Caller caller_;
  std::map<std::uint32_t, RealmCallPtr> calls_;
  bool open_ = true, waits_writable_ = false, has_answered_ = false;
};

}  // namespace ferryman::exchange
