#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "forward/peer_users.h"
#include "forward/relay.h"

namespace ferryman::forward {

// A datagram of this size crosses loopback and most links; libkrb5 and Heimdal read up to 4096.
inline constexpr std::size_t max_udp_reply = 4096;

// What listens as a KDC or kpasswd service. Which of the two a message is for is seen by the message.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // relay must outlive the listener and the messages that it took.
  Listener(boost::asio::io_context& io, Relay& relay) : io_(io), relay_(relay) {}

  enum class Opened : std::uint8_t {
    now,
    later,  // the host does not have the address now; it is served when it comes
    never,  // the kernel knows no addresses of this family
  };

  struct Bound {
    boost::asio::ip::address address;
    std::uint16_t port = 0;
  };

  // Binds UDP and TCP at the address. The error is a sentence.
  tl::expected<Opened, std::string> open(const boost::asio::ip::address& address, std::uint16_t port);

  // Takes over a socket that this process inherited, bound for UDP or listening for TCP; where it is bound.
  tl::expected<Bound, std::string> adopt(int descriptor);

  // From now on only what comes from this process's own user is taken, at addresses of IPv4.
  void serve_own_user(PeerUsers users) { users_.emplace(std::move(users)); }

  // Takes no more messages. Those under way are answered still.
  void close();

 private:
  using Tcp = boost::asio::ip::tcp;
  using Udp = boost::asio::ip::udp;
  struct Connection;
  boost::asio::awaitable<void> receive(std::shared_ptr<Udp::socket> socket);
  boost::asio::awaitable<void> answer(std::shared_ptr<Udp::socket> socket, Message message,
                                      Udp::endpoint peer);
  boost::asio::awaitable<void> accept(std::shared_ptr<Tcp::acceptor> acceptor);
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  void begin(std::shared_ptr<Udp::socket> socket);
  void begin(std::shared_ptr<Tcp::acceptor> acceptor);
  template <typename Endpoint>
  bool may_ask(const Endpoint& peer, const Endpoint& own) const;

  boost::asio::io_context& io_;
  Relay& relay_;
  std::vector<std::shared_ptr<Udp::socket>> sockets_;
  std::vector<std::shared_ptr<Tcp::acceptor>> acceptors_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::optional<PeerUsers> users_;
  bool closing_ = false;
};

}  // namespace ferryman::forward
