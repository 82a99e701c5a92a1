#include "ferrymand/socket_activation.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include "net/listen_socket.h"

namespace ferryman {

tl::expected<std::vector<InheritedSocket>, std::string> inherited_sockets() {
  std::vector<InheritedSocket> sockets;
  const int count = ::sd_listen_fds(1);
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; ++fd) {
    const auto address = net::bound_address(fd);
    if (!address) {
      return tl::unexpected(
          fmt::format("the passed descriptor {} is no listening stream socket; ListenStream= in the .socket "
                      "unit gives one",
                      fd));
    }
    sockets.push_back({fd, *address});
  }
  return sockets;
}

}  // namespace ferryman
