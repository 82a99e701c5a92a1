#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/listen_socket.h"

namespace ferryman {

// A listening socket, or one for datagrams, that systemd has opened for this process (systemd.socket(5)).
struct InheritedSocket {
  int descriptor = -1;
  net::BoundSocket bound;
};

// Those that passed_descriptors() tells of; once only, the environment forgets them. The error is a sentence.
tl::expected<std::vector<InheritedSocket>, std::string> inherited_sockets();

}  // namespace ferryman
