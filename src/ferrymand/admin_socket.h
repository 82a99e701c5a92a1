#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "ferrymand/admin_connection.h"
#include "telemetry/log.h"

namespace ferryman {

struct AdminSocketOptions {
  std::string path;
  std::string group;  // whose members may connect, besides root and the own user; empty: nobody
  std::string user;   // whom the process becomes; empty: it stays who it is
};

// The unix socket at which root, the own user and a group's members ask ferrymand while it runs
// (docs/admin-protocol.md). On the main thread's event loop, so that no request waits for it. The socket's
// mode lets nobody else connect; what the kernel says of the peer decides all the same.
class AdminSocket {
 public:
  static constexpr std::size_t max_connections = 32;

  // Listens, before privileges are given up: a socket that nobody answers at any more is replaced. The error
  // is a sentence. io and log outlive it.
  static tl::expected<std::unique_ptr<AdminSocket>, std::string> open(boost::asio::io_context& io,
                                                                      telemetry::Log& log,
                                                                      const AdminSocketOptions& options);
  ~AdminSocket();  // removes the path; connections end with the event loop

  void add(std::string name, AdminCommand command) { commands_.emplace(std::move(name), std::move(command)); }
  void start() { accept(); }

 private:
  using Protocol = boost::asio::local::stream_protocol;

  AdminSocket(boost::asio::io_context& io, telemetry::Log& log, std::string path, std::optional<gid_t> group);
  void accept();
  void accept_later();
  void take(Protocol::socket socket);
  std::optional<AdminPeer> admitted(int socket);

  telemetry::Log& log_;
  const std::string path_;
  const std::optional<gid_t> group_;
  Protocol::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  AdminCommands commands_;
  std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0);
};

}  // namespace ferryman
