#pragma once

#include <sys/types.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "base/descriptor.h"

namespace ferryman::forward {

// Which user of this host has the other end of what came over IPv4's loopback, by sock_diag(7): the kernel
// looks for the socket as it does for whom an answer goes to.
class PeerUsers {
 public:
  // The error is a sentence's end: why the kernel does not tell.
  static tl::expected<PeerUsers, std::string> open();

  // own: this side's address. Nothing where nobody has that end, or no longer.
  std::optional<uid_t> of(const boost::asio::ip::tcp::endpoint& peer,
                          const boost::asio::ip::tcp::endpoint& own) const;
  std::optional<uid_t> of(const boost::asio::ip::udp::endpoint& peer,
                          const boost::asio::ip::udp::endpoint& own) const;

 private:
  explicit PeerUsers(Descriptor socket) : socket_(std::move(socket)) {}

  Descriptor socket_;
};

}  // namespace ferryman::forward
