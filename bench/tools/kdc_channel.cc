#include "kdc_channel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "local/caller.h"

namespace bench {
namespace {

using ferryman::Bytes;
namespace local = ferryman::local;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

// A connected socket that gives up after some seconds.
class Socket {
 public:
  Socket(int type, const void* address, std::size_t size)
      : descriptor_(::socket(static_cast<const sockaddr*>(address)->sa_family, type, 0)) {
    constexpr timeval patience{5, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(descriptor_, static_cast<const sockaddr*>(address), static_cast<socklen_t>(size)) != 0)
      fail("connect");
  }
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  std::size_t write(Bytes octets) {
    const ssize_t sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    return static_cast<std::size_t>(sent);
  }
  std::size_t read(std::span<std::uint8_t> room) {
    const ssize_t got = ::recv(descriptor_, room.data(), room.size(), 0);
    if (got < 0) fail("no answer");
    if (got == 0) throw std::runtime_error("the server has closed the connection");
    return static_cast<std::size_t>(got);
  }

 private:
  const int descriptor_;
};

class Udp final : public KdcChannel {
 public:
  explicit Udp(const sockaddr_in& address) : socket_(SOCK_DGRAM, &address, sizeof address) {}
  void send(Bytes request) override { socket_.write(request); }
  Bytes receive() override { return Bytes(buffer_).first(socket_.read(buffer_)); }

 private:
  Socket socket_;
  std::array<std::uint8_t, 65536> buffer_{};
};

class Front final : public KdcChannel {
 public:
  Front(const sockaddr_un& address, std::string tenant)
      : socket_(SOCK_STREAM, &address, sizeof address), tenant_(std::move(tenant)) {}

  void send(Bytes request) override {
    if (!caller_.ask(local::KerberosRequest{
            "0001-0000002a", "192.0.2.1:50000", local::Transport::kkdcp, tenant_, {}, request}))
      throw std::runtime_error("too many requests at once");
    while (!caller_.to_write().empty()) caller_.wrote(socket_.write(caller_.to_write()));
  }

  Bytes receive() override {
    while (true) {
      if ((answer_ = caller_.next())) break;
      if (!caller_.failure().empty()) throw std::runtime_error(caller_.failure());
      caller_.took(socket_.read(caller_.room()));
    }
    const auto* const reply = std::get_if<local::KerberosReply>(&answer_->content);
    if (reply == nullptr) throw std::runtime_error("ferryman-realm refuses a request");
    return reply->message;
  }

 private:
  Socket socket_;
  const std::string tenant_;
  local::Caller caller_;
  std::optional<local::Caller::Answer> answer_;
};

}  // namespace

std::unique_ptr<KdcChannel> open_udp(const std::string& address, std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1)
    throw std::runtime_error("no address: " + address);
  return std::make_unique<Udp>(at);
}

std::unique_ptr<KdcChannel> open_front(const std::string& path, const std::string& tenant) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof at.sun_path) throw std::runtime_error("too long a path: " + path);
  std::memcpy(&at.sun_path[0], path.c_str(), path.size() + 1);
  return std::make_unique<Front>(at, tenant);
}

}  // namespace bench
