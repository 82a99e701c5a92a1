#include "ferrymand/socket_activation.h"

#include <fmt/format.h>

#include "base/service_manager.h"

namespace ferryman {

tl::expected<std::vector<InheritedSocket>, std::string> inherited_sockets() {
  std::vector<InheritedSocket> sockets;
  const int count = passed_descriptors();
  for (int fd = first_passed_descriptor; fd < first_passed_descriptor + count; ++fd) {
    const auto bound = net::bound_socket(fd);
    if (!bound) {
      return tl::unexpected(
          fmt::format("the passed descriptor {} is no listening stream socket and no UDP socket; "
                      "ListenStream= and, for protocol = \"kerberos\", ListenDatagram= in the .socket unit "
                      "give these",
                      fd));
    }
    sockets.push_back({fd, *bound});
  }
  return sockets;
}

}  // namespace ferryman
