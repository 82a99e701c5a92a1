#include "ferryman/locate_local.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/descriptor.h"
#include "base/text.h"

namespace ferryman {

LocalRealm look_for_local_realm(const std::string& realm, const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return {realm, socket, "the path is too long"};
  std::memcpy(address.sun_path, socket.data(), socket.size());
  const Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return {realm, socket, {}};
  return {realm, socket, std::generic_category().message(errno)};
}

std::string to_text(const LocalRealm& found) {
  return fmt::format(
      "{} is served by ferryman-realm on this machine: there is no KDC to be looked for.\n{}: {}\n",
      printable(found.realm), printable(found.socket),
      found.trouble.empty() ? "it listens. `ferryman realm status` tells more."
                            : found.trouble + ". `systemctl start ferryman-realm` starts it.");
}

std::string to_json(const LocalRealm& found) {
  const nlohmann::json record{{"realm", found.realm},
                              {"discovery", "local"},
                              {"socket", found.socket},
                              {"listens", found.trouble.empty()}};
  return record.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace ferryman
