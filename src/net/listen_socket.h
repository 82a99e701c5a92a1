#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/options.h"

namespace ferryman::net {

struct Listeners {
  std::vector<int> descriptors;
  bool assigned = true;  // the address is this host's; otherwise it is served as soon as it becomes so
};

struct ListenFailure {
  std::string text;             // a sentence
  bool no_such_family = false;  // this host has no IPv6 (EAFNOSUPPORT)
};

// One listening, non-blocking descriptor for each of `count` workers at one address. TCP sockets share the
// port (SO_REUSEPORT), so that the kernel spreads connections; for a unix socket all are one queue. A port
// that another process listens at is refused, even if that one would share. An address that this host does
// not have is bound ahead (IP_FREEBIND).
tl::expected<Listeners, ListenFailure> open_listeners(const ListenAddress& address, unsigned count);

// The same for datagrams (UDP), whose address is no unix socket's. Each client's come to one of the workers.
tl::expected<Listeners, ListenFailure> open_datagram_sockets(const ListenAddress& address, unsigned count);

// Whether the kernel has IPv6 at all.
bool has_ipv6();

// Whether this host has that address by now.
bool is_assigned(const ListenAddress& address);

// The same from one listening stream socket, or one bound UDP socket, that this process inherited (systemd's
// socket activation): all workers take from its one queue. Takes the descriptor over.
tl::expected<std::vector<int>, std::string> adopt_listener(int descriptor, unsigned count);

// Where a socket takes what comes; nothing when it is no listening TCP or unix socket and no bound UDP one.
struct BoundSocket {
  ListenAddress address;
  bool datagrams = false;
};
std::optional<BoundSocket> bound_socket(int descriptor);

// As it stands in the configuration: "127.0.0.1:443", "[::1]:443", "unix:/run/http.sock".
std::string to_string(const ListenAddress& address);

// A TCP peer's address, IPv4-mapped ones as IPv4; unspecified on a unix socket.
boost::asio::ip::tcp::endpoint peer_endpoint(const sockaddr_storage& address);

// "192.0.2.1:50000", "[2001:db8::1]:50000", "unix" for an unspecified one.
std::string peer_name(const boost::asio::ip::tcp::endpoint& peer);

}  // namespace ferryman::net
