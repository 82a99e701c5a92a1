#pragma once

#include <sys/socket.h>

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/options.h"

namespace ferryman::net {

// One listening, non-blocking descriptor for each of `count` workers at one address. TCP sockets share the
// port (SO_REUSEPORT), so that the kernel spreads connections; for a unix socket all are one queue. A port
// that another process listens at is refused, even if that one would share. The error is a sentence.
tl::expected<std::vector<int>, std::string> open_listeners(const ListenAddress& address, unsigned count);

// As it stands in the configuration: "127.0.0.1:443", "[::1]:443", "unix:/run/http.sock".
std::string to_string(const ListenAddress& address);

// "192.0.2.1:50000", "[2001:db8::1]:50000" (IPv4-mapped addresses as IPv4), "unix".
std::string peer_name(const sockaddr_storage& address);

}  // namespace ferryman::net
