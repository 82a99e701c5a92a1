#include "ferrymand/socket_activation.h"

#include <fmt/format.h>

#include "base/service_manager.h"
#include "net/listen_socket.h"

namespace ferryman {

tl::expected<std::vector<InheritedSocket>, std::string> inherited_sockets() {
  std::vector<InheritedSocket> sockets;
  const int count = passed_descriptors();
  for (int fd = first_passed_descriptor; fd < first_passed_descriptor + count; ++fd) {
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
