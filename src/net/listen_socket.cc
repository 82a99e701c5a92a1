#include "net/listen_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/descriptor.h"
#include "net/endpoint_name.h"

namespace ferryman::net {
namespace {

namespace ip = boost::asio::ip;

constexpr int backlog = 4096;  // the kernel cuts it to net.core.somaxconn

std::string reason() {
  return std::generic_category().message(errno);
}

tl::unexpected<ListenFailure> failure(const ListenAddress& address, const std::string& what) {
  return tl::unexpected(ListenFailure{"cannot listen at " + to_string(address) + ": " + what});
}

tl::unexpected<ListenFailure> system_failure(const ListenAddress& address) {
  const bool no_such_family = errno == EAFNOSUPPORT;
  return tl::unexpected(
      ListenFailure{"cannot listen at " + to_string(address) + ": " + reason(), no_such_family});
}

bool set(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

struct Binding {
  int type = SOCK_STREAM;  // or SOCK_DGRAM
  bool shared = false;     // SO_REUSEPORT; without it, bind() fails where anybody else listens
  bool ahead = false;      // of the address, which this host does not have yet
};

bool set_ahead(int fd, const ip::tcp::endpoint& endpoint) {
  return endpoint.address().is_v4() ? set(fd, IPPROTO_IP, IP_FREEBIND) : set(fd, IPPROTO_IPV6, IPV6_FREEBIND);
}

// Of UDP sockets SO_REUSEADDR would share the port with anybody who sets it too.
Descriptor bind_port(const ip::tcp::endpoint& endpoint, Binding how) {
  Descriptor fd(::socket(endpoint.protocol().family(), how.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Descriptor(-1);
  if (how.type == SOCK_STREAM && !set(fd.get(), SOL_SOCKET, SO_REUSEADDR)) return Descriptor(-1);
  if (how.shared && !set(fd.get(), SOL_SOCKET, SO_REUSEPORT)) return Descriptor(-1);
  if (how.ahead && !set_ahead(fd.get(), endpoint)) return Descriptor(-1);
  if (::bind(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) return Descriptor(-1);
  return fd;
}

bool listen_at(int fd, const Binding& how, int most) {
  return how.type != SOCK_STREAM || ::listen(fd, most) == 0;
}

// Whether anybody listens there, and whether the address is this host's.
std::optional<Binding> try_port(const ip::tcp::endpoint& endpoint, int type) {
  Binding how;
  how.type = type;
  Descriptor probe = bind_port(endpoint, how);
  if (probe.get() < 0 && errno == EADDRNOTAVAIL) {
    how.ahead = true;
    probe = bind_port(endpoint, how);
  }
  if (probe.get() < 0 || !listen_at(probe.get(), how, 1)) return std::nullopt;
  return how;
}

tl::expected<Listeners, ListenFailure> open_ports(const ListenAddress& address, unsigned count, int type) {
  boost::system::error_code error;
  const auto host = ip::make_address(address.host, error);
  if (error) return failure(address, "not an address");
  const ip::tcp::endpoint endpoint(host, address.port);
  auto how = try_port(endpoint, type);
  if (!how) return system_failure(address);
  how->shared = true;
  std::vector<Descriptor> held;
  for (unsigned i = 0; i < count; ++i) {
    Descriptor fd = bind_port(endpoint, *how);
    if (fd.get() < 0 || !listen_at(fd.get(), *how, backlog)) return system_failure(address);
    held.push_back(std::move(fd));
  }
  Listeners opened;
  opened.assigned = !how->ahead;
  opened.descriptors.reserve(held.size());
  for (auto& fd : held) opened.descriptors.push_back(fd.release());
  return opened;
}

// A socket file that nobody answers at is what a crash left behind.
void remove_stale(const sockaddr_un& name) {
  struct stat status {};
  if (::lstat(name.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 &&
      errno == ECONNREFUSED) {
    ::unlink(name.sun_path);
  }
}

tl::expected<Listeners, ListenFailure> open_unix(const ListenAddress& address, unsigned count) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path_name.size() >= sizeof name.sun_path) return failure(address, "the path is too long");
  std::memcpy(name.sun_path, address.path_name.data(), address.path_name.size());
  remove_stale(name);
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    return system_failure(address);
  }
  Listeners opened;
  for (unsigned i = 1; i < count; ++i) opened.descriptors.push_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  opened.descriptors.push_back(fd.release());
  return opened;
}

}  // namespace

tl::expected<Listeners, ListenFailure> open_listeners(const ListenAddress& address, unsigned count) {
  return address.path_name.empty() ? open_ports(address, count, SOCK_STREAM) : open_unix(address, count);
}

tl::expected<Listeners, ListenFailure> open_datagram_sockets(const ListenAddress& address, unsigned count) {
  auto opened = open_ports(address, count, SOCK_DGRAM);
  if (!opened) opened.error().text += " (UDP)";
  return opened;
}

bool has_ipv6() {
  const Descriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe.get() >= 0 || errno != EAFNOSUPPORT;
}

bool is_assigned(const ListenAddress& address) {
  boost::system::error_code error;
  const auto host = ip::make_address(address.host, error);
  return !error && bind_port({host, 0}, {}).get() >= 0;
}

tl::expected<std::vector<int>, std::string> adopt_listener(int descriptor, unsigned count) {
  Descriptor first(descriptor);
  const int flags = ::fcntl(first.get(), F_GETFL);
  if (flags < 0 || ::fcntl(first.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return tl::unexpected("cannot use an inherited socket: " + reason());
  }
  std::vector<int> descriptors;
  for (unsigned i = 1; i < count; ++i) descriptors.push_back(::fcntl(first.get(), F_DUPFD_CLOEXEC, 0));
  descriptors.push_back(first.release());
  return descriptors;
}

std::optional<BoundSocket> bound_socket(int descriptor) {
  int listening = 0, type = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) return std::nullopt;
  size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return std::nullopt;
  const bool datagrams = type == SOCK_DGRAM;
  if (!datagrams && listening == 0) return std::nullopt;
  sockaddr_storage storage{};
  size = sizeof storage;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  if (storage.ss_family == AF_UNIX && !datagrams) {
    const auto& name = reinterpret_cast<const sockaddr_un&>(storage);
    const std::string path(name.sun_path, ::strnlen(name.sun_path, sizeof name.sun_path));
    return BoundSocket{{{}, 0, path}, false};
  }
  if (storage.ss_family != AF_INET && storage.ss_family != AF_INET6) return std::nullopt;
  const ip::tcp::endpoint endpoint = peer_endpoint(storage);
  if (endpoint.port() == 0) return std::nullopt;
  return BoundSocket{{endpoint.address().to_string(), endpoint.port(), {}}, datagrams};
}

std::string to_string(const ListenAddress& address) {
  if (!address.path_name.empty()) return "unix:" + address.path_name;
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

ip::tcp::endpoint peer_endpoint(const sockaddr_storage& storage) {
  if (storage.ss_family != AF_INET && storage.ss_family != AF_INET6) return {};
  ip::tcp::endpoint endpoint(storage.ss_family == AF_INET ? ip::tcp::v4() : ip::tcp::v6(), 0);
  std::memcpy(endpoint.data(), &storage, endpoint.size());
  const ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    endpoint.address(ip::make_address_v4(ip::v4_mapped, address.to_v6()));
  return endpoint;
}

std::string peer_name(const ip::tcp::endpoint& peer) {
  if (peer.address().is_unspecified()) return "unix";
  return std::string(EndpointName(peer.address(), peer.port()).view());
}

}  // namespace ferryman::net
