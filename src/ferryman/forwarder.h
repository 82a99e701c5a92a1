#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "forward/listener.h"
#include "forward/relay.h"
#include "login/session_record.h"

namespace ferryman {

// A line for the journal or a terminal; level: syslog's.
void say(int level, const std::string& text);

// One run of `ferryman forward`, from listening to the end of the last message.
class Forwarder {
 public:
  using Reload = std::function<tl::expected<void, std::string>()>;

  // quiet: messages that are answered are not told of.
  Forwarder(forward::RelayOptions options, bool quiet);

  boost::asio::io_context& io() { return io_; }
  forward::Listener& listener() { return *listener_; }
  const std::optional<login::LastError>& last_error() const { return last_error_; }

  // Uses them from now on.
  tl::expected<void, std::string> use(const std::vector<forward::Relay::Route>& routes);

  // reload: what SIGHUP does. Until SIGTERM, SIGINT or stop().
  void run(const Reload& reload);
  // Answers what is under way, and ends.
  void stop();

 private:
  void observe(const forward::RelayEvent& event);
  void wait_for_signal(const Reload& reload);
  void drain();

  bool quiet_;
  boost::asio::io_context io_{1};
  forward::Relay relay_;
  std::shared_ptr<forward::Listener> listener_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer drain_;
  std::chrono::milliseconds drain_time_{0};
  std::chrono::steady_clock::time_point drain_end_;
  std::optional<login::LastError> last_error_;
};

}  // namespace ferryman
